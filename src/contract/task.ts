import type { OnFinding } from "./evidence/index.ts";
import type { Limits } from "./limits.ts";
import type { LocatedNetwork, NetworkPolicy } from "./network-policy.ts";
import type { ViewPolicy } from "./view-policy.ts";

/** One thing of the user's that the task may read. */
export interface TaskInput {
  /** A regular file of the host; with `content`, what messages call it. */
  readonly path: string;
  /** Its name below `/in`; default: the file's own. One component, 1 … 255 bytes. */
  readonly name?: string | undefined;
  /** Where the bytes come from instead of a file; read once. */
  readonly content?: AsyncIterable<Uint8Array> | undefined;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** What to do in a micro-VM of its own. Everything that is not named here, the task does not get. */
export interface TaskRequest {
  /** Which kind of machine; default `base`. */
  readonly profile?: string | undefined;
  /** Program and arguments; found in the guest's PATH. */
  readonly command: readonly string[];
  readonly inputs?: readonly (string | TaskInput)[] | undefined;
  /** Directory of the host that gets what the task leaves in `/out`; made if missing. Default: nothing comes back. */
  readonly out?: string | undefined;
  /** Replace files that exist in `out`. Default: the new one gets a number in its name. */
  readonly force?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** What the task may touch beyond that. Default: nothing. */
  readonly policy?: TaskPolicy | undefined;
  /** `hardware` refuses to run where the machine is only emulated. Default `any`. */
  readonly isolation?: Isolation | undefined;
  /** Variables for the command, added to the guest's few own ones. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Directory of the guest to start in; default the user's home. */
  readonly cwd?: string | undefined;
  /** User of the guest; default `user`, who has no rights. */
  readonly user?: string | undefined;
  /** Gives the command a terminal of this size instead of pipes. */
  readonly terminal?: TerminalSize | undefined;
}

/** Added to what the profile allows by default. */
export interface TaskPolicy extends ViewPolicy {
  readonly network?: NetworkPolicy | LocatedNetwork | undefined;
  /** Refuses and records all that it asks of the network, what the profile allows too. Default: no. */
  readonly closed?: boolean | undefined;
  /** What to do as soon as a rule finds something this grave. Default: go on, and tell it in the report. */
  readonly onFinding?: OnFinding | undefined;
}

export type Isolation = "any" | "hardware";
