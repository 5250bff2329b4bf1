import { Resolver } from "node:dns/promises";
import { errnoOf } from "../../foundation/index.ts";
import { HostsFile } from "./hosts-file.ts";

/** An address that a name has, and for how many seconds that may be believed. */
export interface Answer {
  readonly address: string;
  readonly ttl: number;
}

/** Asks for all addresses of a name. @returns none where there is no such name; rejects where nobody answers */
export type Ask = (name: string) => Promise<readonly Answer[]>;

const TIMEOUT_MS = 3_000;
const TRIES = 2;
/** What DNS says of a name that is not in it, or has no address of one family. */
const ABSENT = new Set(["ENOTFOUND", "ENODATA"]);

function isAbsence(cause: unknown): boolean {
  return ABSENT.has(errnoOf(cause) ?? "");
}

/**
 * Asks the DNS servers of the system for exactly the name, and where they do not know it, `/etc/hosts`; or `servers`
 * (`192.0.2.53`, `127.0.0.1:5300`) and nothing else. Never getaddrinfo(3): it tries the search domains of `resolv.conf`
 * too, and so answers with the addresses of a name that nobody allowed.
 */
export function askSystem(servers?: readonly string[]): Ask {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const hosts = servers === undefined ? new HostsFile() : undefined;
  return async (name) => {
    const [v6, v4] = await Promise.allSettled([
      resolver.resolve6(name, { ttl: true }),
      resolver.resolve4(name, { ttl: true }),
    ]);
    const answers = [v6, v4].flatMap((each) => (each.status === "fulfilled" ? each.value : []));
    const isAbsent = [v6, v4].every((each) => each.status === "fulfilled" || isAbsence(each.reason));
    if (answers.length > 0 || hosts === undefined || !isAbsent) return orFailure(answers, [v6, v4]);
    return (await hosts.addressesOf(name)).map((address) => ({ address, ttl: 0 }));
  };
}

/** That there is no such name is an answer; that nobody can be asked is none. */
function orFailure(
  answers: readonly Answer[],
  settled: readonly PromiseSettledResult<unknown>[],
): readonly Answer[] {
  const broken = settled.find(
    (each): each is PromiseRejectedResult => each.status === "rejected" && !isAbsence(each.reason),
  );
  if (answers.length === 0 && broken !== undefined) throw broken.reason;
  return answers;
}
