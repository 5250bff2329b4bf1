import { Command } from "commander";
import { MayflyError, formatSize, neutralise } from "../../foundation/index.ts";
import { FrozenVms, type DiskChanges, type DroppedFiles, type FrozenVm } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { removeAll } from "../removal.ts";
import { age } from "../terminal/age.ts";
import { print, printTable } from "../terminal/print.ts";

const EXAMPLES = `
Examples:
  mayfly inspect                                  what is kept
  mayfly inspect m4x7 --files dropped.zip         what it left; the password is "infected"
  mayfly inspect m4x7 --changes                   what it changed on its disk
  mayfly inspect m4x7 --memory memory.raw         all of its memory, for Volatility and others
  mayfly inspect rm m4x7
At most ${FrozenVms.bounds.most} are kept, for ${FrozenVms.bounds.days} days; the oldest go first.
A policy with on_finding { do: freeze } keeps the paused micro-VM of a task at such a finding.
The micro-VM stays as it is; files are read from a copy that runs in a jail of its own, without a network.`;

interface InspectOptions {
  readonly memory?: string;
  readonly files?: string;
  readonly changes?: boolean;
  readonly json?: boolean;
}

export function inspectCommand(invocation: Invocation): Command {
  const command = new Command("inspect")
    .description("Looks into micro-VMs that were frozen at a finding.")
    .addHelpText("after", EXAMPLES);
  command
    .command("show", { isDefault: true })
    .description("list frozen micro-VMs, or take something out of one")
    .argument("[ID]", "its id, or the beginning of one")
    .option("--memory <FILE>", "copy its memory to a new file (guest-physical, raw)")
    .option("--files <FILE.zip>", 'put the files that it left into a new zip archive, password "infected"')
    .option("--changes", "list what it added, changed and deleted on its disk, by its own word")
    .option("--json", "print JSON")
    .action(async (id: string | undefined, options: InspectOptions) => {
      const frozen = new FrozenVms();
      if (id === undefined) list(frozen.list(), options);
      else await look(frozen, frozen.get(id), { ...options, signal: invocation.interruption.signal });
    });
  command
    .command("rm")
    .description("remove frozen micro-VMs")
    .argument("<ID...>", "ids, or beginnings of them")
    .option("--json", "print a JSON array of what was removed")
    .action(async (ids: string[], { json = false }: { json?: boolean }) => {
      const frozen = new FrozenVms();
      await removeAll(ids, async (id) => [{ name: await frozen.remove(id) }], json);
    });
  return command;
}

function list(all: readonly FrozenVm[], { memory, files, changes, json = false }: InspectOptions): void {
  if (memory !== undefined || files !== undefined || changes !== undefined)
    throw new MayflyError("E_USAGE", "No micro-VM is named", { next: "See `mayfly inspect` for their ids." });
  if (json) writeJson(all);
  else {
    printTable(["ID", "AGE", "PROFILE", "DISK", "FROZEN FOR"], all.map(row), {
      right: [1, 3],
      empty: "None is frozen. A policy with on_finding { do: freeze } keeps them: docs/rules.md.",
    });
    const { most, days } = FrozenVms.bounds;
    if (all.length > 0) print(`At most ${most} are kept, for ${days} days; the oldest go first.`);
  }
}

function row({ id, frozenAt, profile, bytes, why }: FrozenVm): string[] {
  return [id, age(Date.parse(frozenAt)), profile, formatSize(bytes), neutralise(why, 200)];
}

interface Look extends InspectOptions {
  readonly signal: AbortSignal;
}

async function look(
  all: FrozenVms,
  frozen: FrozenVm,
  { memory, files, changes = false, json = false, signal }: Look,
): Promise<void> {
  if (memory !== undefined) await all.saveMemory(frozen.id, memory);
  const dropped = files === undefined ? undefined : await all.saveFiles(frozen.id, files, signal);
  const disk = changes ? await all.diskChanges(frozen.id, signal) : undefined;
  if (json) writeJson({ ...frozen, memory, files, dropped, disk });
  else tellAll(frozen, { memory, files, dropped, disk });
}

interface Taken {
  readonly memory: string | undefined;
  readonly files: string | undefined;
  readonly dropped: DroppedFiles | undefined;
  readonly disk: DiskChanges | undefined;
}

function tellAll(frozen: FrozenVm, { memory, files, dropped, disk }: Taken): void {
  if (memory === undefined && files === undefined && disk === undefined) tell(frozen);
  if (disk !== undefined) tellChanges(disk);
  if (memory !== undefined) print(`${memory}: ${formatSize(frozen.shape.memory)} of memory`);
  if (files !== undefined && dropped !== undefined) tellFiles(files, dropped);
}

function tell({ id, profile, frozenAt, why, bytes, shape }: FrozenVm): void {
  print(`${id} (${profile}), frozen ${new Date(frozenAt).toLocaleString()}: ${neutralise(why)}`);
  print(`${formatSize(shape.memory)} of memory, ${formatSize(bytes)} on disk`);
  print(`its report: mayfly report ${id}`);
  print(`its files:  mayfly inspect ${id} --files FILE.zip`);
  print(`its disk:   mayfly inspect ${id} --changes`);
  print(`its memory: mayfly inspect ${id} --memory FILE`);
}

function tellFiles(archive: string, { kept, refused }: DroppedFiles): void {
  for (const { path, bytes } of kept) print(`  ${path} (${formatSize(bytes)})`);
  for (const { path, why } of refused) print(`  left out: ${path}: ${why}`);
  print(`${archive}: ${kept.length} file${kept.length === 1 ? "" : "s"}, password "infected"`);
}

const SIGNS = { added: "+", changed: "~", deleted: "-" } as const;

function tellChanges({ against, changes, omitted, refused }: DiskChanges): void {
  for (const { path, change, kind, bytes } of changes) {
    const what = kind === "file" ? (change === "deleted" ? "" : ` (${formatSize(bytes)})`) : ` (${kind})`;
    print(`${SIGNS[change]} ${path}${what}`);
  }
  for (const why of refused) print(`not looked through: ${why}`);
  if (omitted > 0) print(`and ${omitted} more`);
  if (changes.length === 0) print(`Nothing differs from its ${against}, by the guest's word.`);
}
