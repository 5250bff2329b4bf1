import {
  DEFAULT_LIMITS,
  LIMIT_RANGES,
  type Limits,
  type LocatedNetwork,
  type NetworkPolicy,
  type OnFinding,
  type TaskInput,
  type TaskPolicy,
  type TaskRequest,
} from "../contract/index.ts";
import { MayflyError, neutralise } from "../foundation/index.ts";
import { mergeNetwork } from "./network/located-network.ts";
import { admitOnFinding } from "./network/on-finding.ts";
import { LARGEST_COMMAND, MEMORY_STEP } from "./defaults.ts";

/** A request that was checked and completed: all that a task may do, and nothing open. */
export interface AdmittedTask {
  readonly profile: string;
  readonly command: readonly [string, ...string[]];
  readonly inputs: readonly Required<TaskInput>[];
  readonly out: string | undefined;
  readonly force: boolean;
  readonly limits: Limits;
  readonly needsHardware: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: string;
  readonly terminal: TaskRequest["terminal"];
  /** Undefined: nothing was allowed, by nobody. */
  readonly network: LocatedNetwork | undefined;
  /** Undefined: whatever is found, go on. */
  readonly onFinding: OnFinding | undefined;
}

/** What a profile gives to each of its tasks. */
export interface ProfileDefaults {
  readonly limits?: Partial<Limits> | undefined;
  readonly network?: NetworkPolicy | LocatedNetwork | undefined;
}

/**
 * Checks a request and fills in what it leaves open. Pure.
 * @param defaults what the profile says
 * @throws E_USAGE naming the field
 */
export function admit(request: TaskRequest, defaults: ProfileDefaults = {}): AdmittedTask {
  const {
    profile = "base",
    inputs = [],
    out,
    force = false,
    limits = {},
    isolation,
    terminal,
    user = "user",
    policy = {},
  } = request;
  const home = user === "user" ? "/home/user" : "/";
  return {
    profile,
    out,
    force,
    terminal,
    ...admitCommand(request.command, request.env ?? {}),
    inputs: admitInputs(inputs),
    limits: admitLimits(limits, defaults.limits),
    network: networkOf(policy, defaults),
    onFinding: policy.onFinding && admitOnFinding(policy.onFinding),
    needsHardware: isolation === "hardware",
    cwd: admitDirectory(request.cwd ?? home),
    user: admitUser(user),
  };
}

/** Undefined where nothing is allowed, or nothing at all is to be. */
export function networkOf(
  { closed = false, network }: TaskPolicy,
  defaults: Pick<ProfileDefaults, "network">,
): LocatedNetwork | undefined {
  return closed ? undefined : admitNetwork(defaults.network, network);
}

/** Lists add up, the profile's first. Whether they make sense is told by whoever enforces them. */
export function admitNetwork(
  ...parts: readonly (NetworkPolicy | LocatedNetwork | undefined)[]
): LocatedNetwork | undefined {
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0 ? undefined : mergeNetwork(...given);
}

function admitDirectory(path: string): string {
  if (!path.startsWith("/"))
    throw usage(
      `The directory "${neutralise(path)}" is not absolute`,
      "Name a directory of the guest, such as /tmp.",
    );
  return noNul(path, "The directory");
}

/** The wire's empty name is root; nobody becomes that by leaving something out. */
function admitUser(name: string): string {
  if (name === "") throw usage("The user is empty", "Name a user of the guest: user or root.");
  return noNul(name, "The user");
}

function admitCommand(
  [program, ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Pick<AdmittedTask, "command" | "env"> {
  if (program === undefined || program === "")
    throw usage("The command is empty", "Name a program after `--`.");
  const variables = Object.entries(env).map(([name, value]) => variable(name, value));
  for (const text of [program, ...args]) noNul(text, "An argument of the command");
  const size = [program, ...args, ...variables].reduce((sum, text) => sum + Buffer.byteLength(text) + 8, 0);
  if (size > LARGEST_COMMAND) {
    throw usage(
      `The command and its variables take ${size} bytes; ${LARGEST_COMMAND} are allowed`,
      "Put the data into a file and name it as an input.",
    );
  }
  return { command: [program, ...args], env };
}

/** @throws E_USAGE where a limit is out of its range */
export function admitLimits(asked: Partial<Limits>, profile: Partial<Limits> = {}): Limits {
  const limits: Limits = { ...DEFAULT_LIMITS, ...known(profile), ...known(asked) };
  for (const [name, [least, most]] of Object.entries(LIMIT_RANGES) as [
    keyof Limits,
    readonly [number, number],
  ][]) {
    const value = limits[name];
    if (value !== undefined && !(value >= least && value <= most)) {
      throw usage(
        `The limit ${name} is ${value}; it must be ${least} … ${most}`,
        "See `mayfly run --help` for units.",
      );
    }
  }
  return { ...limits, memory: Math.ceil(limits.memory / MEMORY_STEP) * MEMORY_STEP };
}

function known(limits: Partial<Limits>): Partial<Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => (value as unknown) !== undefined));
}

function admitInputs(inputs: readonly (string | TaskInput)[]): Required<TaskInput>[] {
  const seen = new Map<string, string>();
  return inputs.map((input) => {
    const { path, name, content }: TaskInput = typeof input === "string" ? { path: input } : input;
    const inside = name ?? path.slice(path.lastIndexOf("/") + 1);
    if (
      inside === "" ||
      inside === "." ||
      inside === ".." ||
      inside.includes("/") ||
      inside.includes("\0") ||
      Buffer.byteLength(inside) > 255
    ) {
      throw usage(
        `An input cannot be named "${neutralise(inside)}" in /in`,
        "Name a file, or give it a name of one component.",
      );
    }
    const other = seen.get(inside);
    if (other !== undefined) {
      throw usage(
        `Two inputs would be /in/${neutralise(inside)}: ${neutralise(other)} and ${neutralise(path)}`,
        "Give one of them another name: --in FILE=NAME.",
      );
    }
    seen.set(inside, path);
    return { path, name: inside, content };
  });
}

function variable(name: string, value: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw usage(`"${neutralise(name)}" is not a variable's name`, "Use letters, digits and _.");
  return noNul(`${name}=${value}`, `The variable ${name}`);
}

function noNul(text: string, what: string): string {
  if (text.includes("\0"))
    throw usage(`${what} contains a NUL character`, "Pass binary data through a file or standard input.");
  return text;
}

function usage(message: string, next: string): MayflyError {
  return new MayflyError("E_USAGE", message, { next });
}
