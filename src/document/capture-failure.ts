import type { NetworkRecord } from "../contract/index.ts";
import { MayflyError } from "../foundation/index.ts";

/** The browser knows only that it got no answer; why, the host's own record of the network says. */
export function unreachable(cause: unknown, host: string, { streams }: NetworkRecord): unknown {
  if (!(cause instanceof MayflyError) || cause.code !== "E_PAGE_UNREACHABLE") return cause;
  const failed = streams.findLast(
    ({ end }) => end === "refused" || end === "unreachable" || end === "budget",
  );
  if (failed === undefined) return cause;
  const { target, decision } = failed;
  const allow =
    !decision.allowed && decision.rule === undefined ? `${target.host}:${target.port}` : undefined;
  return new MayflyError(
    "E_PAGE_UNREACHABLE",
    `${target.host === host ? host : `${host}, which needs ${target.host},`} cannot be reached: ${decision.reason}`,
    {
      cause,
      next:
        allow === undefined
          ? "Check the address; `mayfly report` shows all that was asked of the network."
          : `Allow it with --allow ${allow}, if the page may reach it.`,
    },
  );
}
