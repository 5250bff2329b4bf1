import { readFileSync } from "node:fs";
import { attempt } from "../foundation/index.ts";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the host's boot to the start of the process, as `/proc` prints them. */
  readonly startTime: string;
}

/** Identity of the live process `pid`; undefined where there is none. A zombie counts as none: it holds nothing any more. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"), "the process may have ended");
  if (stat === undefined) return undefined;
  // The command name, in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  return state === "Z" || state === "X" || startTime === undefined ? undefined : { pid, startTime };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTime === identity.startTime;
}

let own: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  own ??= identifyProcess(process.pid) ?? { pid: process.pid, startTime: "0" };
  return own;
}
