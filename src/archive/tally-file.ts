import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { attempt } from "../foundation/index.ts";
import { newOwnedName } from "../process/index.ts";
import { prune, type ArchiveBounds, type Tally } from "./bounds.ts";

const NAME = "reports-tally.json";
/** By then somebody looks again: reports were removed by hand, or two writers counted at once. */
const TRUSTED_MS = 24 * 3_600_000;

const count = v.pipe(v.number(), v.minValue(0));
const Schema = v.object({ reports: count, bytes: count, oldest: count, looked: count });

interface Places {
  readonly state: string;
  /** Where the reports are. */
  readonly directory: string;
}

/**
 * Notes one more report, and looks through them all only where that may have brought them over their bounds, or where
 * nobody has looked for a day: looking takes 0.1 s of thousands. The tally is no index: without it, the next one looks.
 */
export function countIn({ state, directory }: Places, added: number, bounds: ArchiveBounds): void {
  const now = Date.now();
  const before = read(state);
  const tally = before && { ...before, reports: before.reports + 1, bytes: before.bytes + added };
  const isDue =
    tally === undefined ||
    tally.reports > bounds.reports ||
    tally.bytes > bounds.bytes ||
    now - tally.oldest > bounds.age ||
    Math.abs(now - tally.looked) > TRUSTED_MS;
  write(state, isDue ? prune(directory, bounds, now) : tally);
}

function read(state: string): Tally | undefined {
  const text = attempt(() => readFileSync(join(state, NAME), "utf8"), "nobody has looked yet");
  const json = text === undefined ? undefined : attempt(() => JSON.parse(text) as unknown, "damaged");
  const parsed = v.safeParse(Schema, json);
  return parsed.success ? parsed.output : undefined;
}

function write(state: string, tally: Tally): void {
  const temporary = join(state, newOwnedName());
  attempt(() => {
    writeFileSync(temporary, JSON.stringify(tally), { mode: 0o600 });
    renameSync(temporary, join(state, NAME));
  }, "the next one looks again");
}
