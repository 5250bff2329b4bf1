import { randomBytes } from "node:crypto";
import { isAlive, ownIdentity } from "./identity.ts";

/** A name for something half-made: tells by itself whether its maker still lives. */
export function newOwnedName(): string {
  const { pid, startTime } = ownIdentity();
  return `tmp-${pid}-${startTime}-${randomBytes(6).toString("hex")}`;
}

/** Whether `name` is one of `newOwnedName`, and its maker is gone. */
export function isAbandoned(name: string): boolean {
  const [, pid, startTime] = /^tmp-(\d+)-(\d+)-[0-9a-f]+$/.exec(name) ?? [];
  return pid !== undefined && startTime !== undefined && !isAlive({ pid: Number(pid), startTime });
}
