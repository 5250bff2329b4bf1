import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { MayflyError, attempt, errnoOf, isVmId, type VmId } from "../foundation/index.ts";

const Identity = v.object({ pid: v.number(), startTime: v.string() });

const Entry = v.object({
  id: v.string(),
  kind: v.picklist(["task", "standby", "template"]),
  profile: v.string(),
  /** Directory of the template. */
  template: v.string(),
  /** What `mayfly ps` shows: the command's words. */
  label: v.string(),
  /** Milliseconds since 1970. */
  since: v.number(),
  owner: Identity,
  /** The processes of the micro-VM, as soon as they are known. */
  processes: v.array(Identity),
  cgroups: v.array(v.string()),
  /** Directories of unfinished results, in places of the user's; each ends in `.mayfly-` and the id. */
  directories: v.optional(v.array(v.string()), []),
});

export type LedgerEntry = v.InferOutput<typeof Entry> & { readonly id: VmId };

/**
 * Write-ahead record of every micro-VM: written before anything of it exists, removed after all of it is gone. What a
 * killed Mayfly left behind is found here by the next one.
 */
export class Ledger {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  write(entry: LedgerEntry): void {
    const path = this.#path(entry.id);
    try {
      writeFileSync(`${path}.new`, JSON.stringify(entry), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (cause) {
      throw new MayflyError(
        "E_STORE_UNWRITABLE",
        `Could not write the ledger ${path}: ${errnoOf(cause) ?? "unknown"}`,
        {
          cause,
          next: "Free space or inodes there, or name another directory in MAYFLY_RUNTIME.",
        },
      );
    }
  }

  remove(id: VmId): void {
    rmSync(this.#path(id), { force: true });
    rmSync(`${this.#path(id)}.new`, { force: true });
  }

  has(id: VmId): boolean {
    return attempt(() => readFileSync(this.#path(id)), "not there") !== undefined;
  }

  /** All entries that can be read; a half-written one was never acted upon and is left to `sweep`. */
  list(): LedgerEntry[] {
    const names = attempt(() => readdirSync(this.#directory), "no ledger yet") ?? [];
    return names.flatMap((name) => {
      const entry = name.endsWith(".json") ? this.#read(join(this.#directory, name)) : undefined;
      return entry === undefined ? [] : [entry];
    });
  }

  #read(path: string): LedgerEntry | undefined {
    const text = attempt(() => readFileSync(path, "utf8"), "removed meanwhile");
    const raw: unknown = attempt(() => JSON.parse(text ?? "") as unknown, "not ours or damaged");
    const parsed = v.safeParse(Entry, raw);
    if (!parsed.success || !isVmId(parsed.output.id)) return undefined;
    return { ...parsed.output, id: parsed.output.id };
  }

  #path(id: VmId): string {
    return join(this.#directory, `${id}.json`);
  }
}
