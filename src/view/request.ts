import { basename, resolve } from "node:path";
import type { Isolation, Limits, TaskInput, TaskPolicy } from "../contract/index.ts";
import { MIB, MayflyError, neutralise } from "../foundation/index.ts";
import { LIMIT_RANGES } from "../contract/index.ts";
import { admitLimits } from "../policy/index.ts";
import { admitView, type AdmittedView } from "../policy/network/index.ts";
import { webAddress } from "./words.ts";

const OFFICE_VIEW = "office-view";
const BROWSER = "browser";

/** What the program in the guest may print: a few lines. */
const MOST_PRINTED = 16 * MIB;
/**
 * The scale is known when the first tab has come: that is when the program starts, so that it draws once and in the
 * size that it is seen in. It comes as a line.
 */
const WHEN_SEEN = 'read -r scale && /usr/lib/mayfly/display/scale "$scale" && exec "$0" "$@"';
const VIEWER = "/usr/lib/mayfly/display/view";
const WEB_BROWSER = "/usr/lib/mayfly/display/browse";
const WEB: TaskPolicy = { network: { allow: ["web"] } };

/** How something is to be viewed. */
export interface ViewChoices {
  /** Directory of the host that gets files which come out; made if missing. Default: none come out. */
  readonly out?: string | undefined;
  /** Replace files that exist in `out`. Default: the new one gets a number in its name. */
  readonly force?: boolean | undefined;
  /** What it may touch: network, clipboard, downloads, printing. Default: nothing; the web for `browse`. */
  readonly policy?: TaskPolicy | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly isolation?: Isolation | undefined;
}

export interface BrowseChoices extends ViewChoices {
  /** Only pages of the address's own site open here; others in micro-VMs of their own. Default: all open here. */
  readonly perSite?: boolean | undefined;
}

/** A request that was checked: what runs, in which machine, and what comes out of it. */
export interface AdmittedViewRequest {
  readonly profile: string;
  readonly command: readonly string[];
  readonly inputs: readonly TaskInput[];
  /** What is shown, for people: one neutralised line. */
  readonly name: string;
  /** Of the page that was asked for. */
  readonly address: string | undefined;
  /** Absolute. */
  readonly out: string | undefined;
  readonly force: boolean;
  readonly policy: AdmittedView;
  /** Of network and findings. */
  readonly taskPolicy: TaskPolicy;
  /** All of them; the machine's own ones may differ by its profile. */
  readonly limits: Limits;
  readonly askedLimits: Partial<Limits>;
  readonly isolation: Isolation | undefined;
}

/** @throws E_USAGE, E_BAD_POLICY */
export function admitDocument(path: string, choices: ViewChoices): AdmittedViewRequest {
  const file = basename(path);
  return admit(choices, {
    profile: OFFICE_VIEW,
    command: ["/bin/sh", "-c", WHEN_SEEN, VIEWER, file],
    inputs: [{ path, name: file }],
    name: neutralise(file, 120),
    address: undefined,
    taskPolicy: choices.policy ?? {},
  });
}

/**
 * @param site what stays in this micro-VM; undefined: everything
 * @throws E_USAGE, E_BAD_POLICY
 */
export function admitPage(
  text: string,
  choices: BrowseChoices,
  site: string | undefined,
): AdmittedViewRequest {
  const address = requireAddress(text);
  const only = site === undefined ? [] : ["--only", site];
  return admit(choices, {
    profile: BROWSER,
    command: ["/bin/sh", "-c", WHEN_SEEN, WEB_BROWSER, ...only, address],
    inputs: [],
    name: neutralise(new URL(address).host, 120),
    address,
    taskPolicy: { ...WEB, ...definedOf(choices.policy ?? {}) },
  });
}

/** @throws E_USAGE where it is no address of the web */
export function requireAddress(text: string): string {
  const address = webAddress(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (address !== undefined) return address;
  throw new MayflyError("E_USAGE", `"${neutralise(text, 200)}" is not an address of the web`, {
    next: "Give one that begins with https:// or http://, without user and password.",
  });
}

type Parts = Pick<AdmittedViewRequest, "profile" | "command" | "inputs" | "name" | "address" | "taskPolicy">;

function admit(
  { out, force = false, policy = {}, limits = {}, isolation }: ViewChoices,
  parts: Parts,
): AdmittedViewRequest {
  const { clipboard, downloads, printing } = policy;
  const admitted = admitView({ clipboard, downloads, printing }, out !== undefined);
  if (out === undefined && (admitted.downloads !== "none" || admitted.printing !== "none"))
    throw new MayflyError("E_USAGE", "The policy lets files out, and no directory is named for them", {
      next: "Name one: --out DIR.",
    });
  const [, longest] = LIMIT_RANGES.timeMs;
  const askedLimits = { timeMs: longest, outputBytes: MOST_PRINTED, ...definedOf(limits) };
  return {
    ...parts,
    out: out === undefined ? undefined : resolve(out),
    force,
    policy: admitted,
    limits: admitLimits(askedLimits),
    askedLimits,
    isolation,
  };
}

function definedOf<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => (value as unknown) !== undefined),
  ) as Partial<T>;
}
