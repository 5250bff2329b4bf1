import { Resolver } from "node:dns/promises";
import { deferred, errnoOf } from "../../foundation/index.ts";
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
/** RFC 8305 §3: how long the addresses of one family wait for those of the other. */
const RESOLUTION_DELAY_MS = 50;
/** Seconds that an answer is believed at most which lacks a family that may only have been slow. */
const PARTIAL_TTL = 5;
/** What DNS says of a name that is not in it, or has no address of one family. */
const ABSENT = new Set(["ENOTFOUND", "ENODATA"]);

function isAbsence(cause: unknown): boolean {
  return ABSENT.has(errnoOf(cause) ?? "");
}

/**
 * Asks the DNS servers of the system for exactly the name, and where they do not know it, `/etc/hosts`; or `servers`
 * (`192.0.2.53`, `127.0.0.1:5300`) and nothing else. Never getaddrinfo(3): it tries the search domains of `resolv.conf`
 * too, and so answers with the addresses of a name that nobody allowed. Who has addresses of one family goes on without
 * the other where that keeps silent.
 */
export function askSystem(servers?: readonly string[]): Ask {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const hosts = servers === undefined ? new HostsFile() : undefined;
  return async (name) => {
    const families = await bothOrEnough([
      resolver.resolve6(name, { ttl: true }),
      resolver.resolve4(name, { ttl: true }),
    ]);
    const answers = families.flatMap((each) => (each?.status === "fulfilled" ? each.value : []));
    if (families.includes(undefined))
      return answers.map(({ address, ttl }) => ({ address, ttl: Math.min(ttl, PARTIAL_TTL) }));
    if (answers.length > 0) return answers;
    // That there is no such name is an answer; that nobody can be asked is none
    const failures = families.filter((each) => each?.status === "rejected");
    const broken = failures.find(({ reason }) => !isAbsence(reason));
    if (broken !== undefined) throw broken.reason;
    return ((await hosts?.addressesOf(name)) ?? []).map((address) => ({ address, ttl: 0 }));
  };
}

type Settled = PromiseSettledResult<readonly Answer[]>;

/** What came of each; undefined for one that kept the addresses of the other waiting for too long. */
async function bothOrEnough(
  asked: readonly Promise<readonly Answer[]>[],
): Promise<readonly (Settled | undefined)[]> {
  const families = asked.map((): Settled | undefined => undefined);
  const enough = deferred<undefined>();
  let delay: NodeJS.Timeout | undefined;
  const all = asked.map(async (family, i) => {
    const [settled] = await Promise.allSettled([family]);
    families[i] = settled;
    if (settled.status === "fulfilled" && settled.value.length > 0)
      delay ??= setTimeout(() => {
        enough.resolve(undefined);
      }, RESOLUTION_DELAY_MS);
  });
  await Promise.race([Promise.all(all), enough.promise]);
  clearTimeout(delay);
  return [...families];
}
