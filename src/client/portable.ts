import { realpathSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type {
  Locate,
  LocatedNetwork,
  NetworkPolicy,
  NetworkRule,
  Place,
  Secret,
  TaskInput,
  TaskRequest,
} from "../contract/index.ts";
import { attempt } from "../foundation/index.ts";
import type { WireTask } from "./wire.ts";

/** A task with what only a caller of the SDK says of it. */
export interface LocalTask extends TaskRequest {
  readonly pcap?: string | undefined;
  readonly report?: boolean | undefined;
}

/**
 * A task as another process of the same user can run it: paths in full, secrets' values with it.
 * @returns undefined where only this process has what it needs
 */
export function portableTask(task: LocalTask, env: NodeJS.ProcessEnv = process.env): WireTask | undefined {
  const inputs = (task.inputs ?? []).map(portableInput);
  const { policy, out, pcap, limits, command, ...plain } = task;
  const network = policy?.network;
  const secrets = secretsIn(network);
  if (inputs.includes(undefined) || secrets.some(isElsewhere)) return undefined;
  const whole: Record<keyof WireTask, unknown> = {
    ...(plain as Pick<WireTask, "profile">),
    command: [...command],
    inputs,
    out: inFull(out),
    pcap: inFull(pcap),
    limits: limits && defined(limits),
    onFinding: policy?.onFinding,
    network: network && portableNetwork(network),
    secrets: valuesOf(secrets, env),
  } as Record<keyof WireTask, unknown>;
  return defined(whole) as WireTask;
}

/** An empty name stays one: it is told as a mistake. */
function inFull(path: string | undefined): string | undefined {
  return path === undefined || path === "" ? path : resolve(path);
}

/** A file that is named from where this process is. */
function isElsewhere(secret: Secret): boolean {
  return typeof secret === "object" && "file" in secret && !isAbsolute(secret.file);
}

/** The request that a portable task stands for. */
export function taskOf({ network, onFinding, secrets: _secrets, ...task }: WireTask): LocalTask {
  const policy = { network: network === undefined ? undefined : locatedNetwork(network), onFinding };
  return { ...task, policy };
}

/** Files of `/dev` and `/proc` are other files in another process. */
function portableInput(input: string | TaskInput): WireTask["inputs"][number] | undefined {
  const { path, name, content } = typeof input === "string" ? ({ path: input } as TaskInput) : input;
  if (content !== undefined || path === "") return undefined;
  const full = resolve(path);
  const real = attempt(() => realpathSync(full), "a missing one is told by whoever opens it") ?? full;
  if ([full, real].some((each) => /^\/(dev|proc)(\/|$)/.test(each))) return undefined;
  return { path: full, name: name ?? path.slice(path.lastIndexOf("/") + 1) };
}

function portableNetwork(network: NetworkPolicy | LocatedNetwork): WireTask["network"] {
  if (!("locate" in network)) return { policy: { ...network }, places: [] };
  const { policy, locate } = network;
  const places = pathsIn(policy, ["network"]).map((path) => ({
    path: JSON.stringify(path),
    ...place(locate(path)),
  }));
  return { policy: { ...policy }, places };
}

function place({ key, where }: Place): Place {
  return { key, ...(where === undefined ? {} : { where }) };
}

function locatedNetwork({
  policy,
  places,
}: NonNullable<WireTask["network"]>): NetworkPolicy | LocatedNetwork {
  if (places.length === 0) return policy;
  const known = new Map(places.map(({ path, ...each }) => [path, each]));
  const locate: Locate = (path) => {
    for (let length = path.length; length > 0; length--) {
      const found = known.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return { key: path.join(".") };
  };
  return { policy: policy, locate };
}

type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...steps.flatMap(([step, inner]) => pathsIn(inner, [...path, step]))];
}

function secretsIn(network: NetworkPolicy | LocatedNetwork | undefined): Secret[] {
  if (network === undefined) return [];
  const { allow = [] } = "locate" in network ? network.policy : network;
  const rules = allow.filter((rule): rule is NetworkRule => typeof rule !== "string");
  return rules.flatMap(({ inject = {} }) => Object.values(inject));
}

/** Of secrets that are in variables: this process's, not the other one's. */
function valuesOf(secrets: readonly Secret[], env: NodeJS.ProcessEnv): Record<string, string> {
  const names = secrets.flatMap((secret) =>
    typeof secret === "object" && "env" in secret ? [secret.env] : [],
  );
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>;
}
