import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { MayflyError, attempt, isVmId } from "../../foundation/index.ts";
import { isAbandoned } from "../../process/index.ts";

const Manifest = v.object({
  format: v.literal(1),
  /** Of the micro-VM that was frozen, and so of its report. */
  id: v.string(),
  profile: v.string(),
  /** Directory of the image in the store, whose root file system the machine needs. */
  image: v.string(),
  root: v.string(),
  /** What it can be loaded by: other engines do not understand its state. */
  engine: v.string(),
  shape: v.object({
    accelerator: v.picklist(["kvm", "tcg"]),
    memory: v.number(),
    vcpus: v.number(),
    tbSize: v.number(),
  }),
  /** ISO 8601. */
  frozenAt: v.string(),
  /** What it was frozen for, for people. */
  why: v.string(),
});

export type FrozenManifest = v.InferOutput<typeof Manifest>;

/** A micro-VM of a task that was kept, paused, for whoever wants to look into it. */
export interface FrozenVm extends FrozenManifest {
  readonly directory: string;
  /** Its memory, guest-physical, from address 0; the hole that PCs have below 4 GiB is left out. */
  readonly ram: string;
  readonly state: string;
  /** What it takes on disk. */
  readonly bytes: number;
}

export const FROZEN = { ram: "ram", state: "state", manifest: "manifest.json" } as const;

export function frozenStore(store: string): string {
  return join(store, "frozen");
}

/** Removes what freezing, or looking into one, left unfinished where its Mayfly was killed. */
export function sweepFrozen(store: string): void {
  const names = attempt(() => readdirSync(frozenStore(store)), "none was ever frozen") ?? [];
  for (const name of names.filter(isAbandoned))
    attempt(() => {
      rmSync(join(frozenStore(store), name), { recursive: true, force: true });
    }, "another user's, or another Mayfly's that was quicker");
}

/** All that are kept whole, newest first. */
export function listFrozen(store: string): FrozenVm[] {
  const names = attempt(() => readdirSync(frozenStore(store)), "none was ever frozen") ?? [];
  return names
    .filter(isVmId)
    .flatMap((id) => readFrozen(store, id) ?? [])
    .sort((a, b) => b.frozenAt.localeCompare(a.frozenAt));
}

/** Undefined where there is none, or it is not whole. */
function readFrozen(store: string, id: string): FrozenVm | undefined {
  const directory = join(frozenStore(store), id);
  const text = attempt(() => readFileSync(join(directory, FROZEN.manifest), "utf8"), "not whole");
  const parsed = v.safeParse(
    Manifest,
    attempt(() => JSON.parse(text ?? "") as unknown, "damaged"),
  );
  if (!parsed.success) return undefined;
  const [ram, state] = [join(directory, FROZEN.ram), join(directory, FROZEN.state)];
  if (!existsSync(ram) || !existsSync(state)) return undefined;
  // RAM files are sparse: blocks, not length.
  return { ...parsed.output, directory, ram, state, bytes: statSync(ram).blocks * 512 };
}

/** By its id or the only beginning of one. @throws E_UNKNOWN_TASK */
export function findFrozen(store: string, id: string): FrozenVm {
  const found = listFrozen(store).filter((each) => id !== "" && each.id.startsWith(id));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new MayflyError(
    "E_UNKNOWN_TASK",
    found.length > 1
      ? `"${id}" is the beginning of ${found.length} frozen micro-VMs`
      : "There is no frozen micro-VM of that id",
    { next: "See `mayfly inspect`." },
  );
}
