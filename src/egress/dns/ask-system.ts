import { Resolver } from "node:dns/promises";
import { lookup } from "node:dns/promises";
import { errnoOf } from "../../foundation/index.ts";

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
/** The system is asked by threads that the whole process shares, and cannot be told to stop. */
const MOST_ELSEWHERE = 2;

function isAbsence(cause: unknown): boolean {
  return ABSENT.has(errnoOf(cause) ?? "");
}

/**
 * Asks the DNS servers of the system, or `servers` (`192.0.2.53`, `127.0.0.1:5300`); where DNS does not know the name,
 * the system itself, which has more sources (`/etc/hosts`, mDNS, a VPN's).
 */
export function askSystem(servers?: readonly string[]): Ask {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  let elsewhere = 0;
  return async (name) => {
    const [v6, v4] = await Promise.allSettled([
      resolver.resolve6(name, { ttl: true }),
      resolver.resolve4(name, { ttl: true }),
    ]);
    const answers = [v6, v4].flatMap((each) => (each.status === "fulfilled" ? each.value : []));
    const isAbsent = [v6, v4].every((each) => each.status === "fulfilled" || isAbsence(each.reason));
    if (answers.length > 0 || servers !== undefined || !isAbsent || elsewhere >= MOST_ELSEWHERE)
      return orFailure(answers, [v6, v4]);
    elsewhere++;
    try {
      return await askElsewhere(name, [v6, v4]);
    } finally {
      elsewhere--;
    }
  };
}

async function askElsewhere(
  name: string,
  failed: readonly PromiseSettledResult<unknown>[],
): Promise<readonly Answer[]> {
  try {
    const found = await lookup(name, { all: true, verbatim: true });
    return found.map(({ address }) => ({ address, ttl: 0 }));
  } catch {
    return orFailure([], failed);
  }
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
