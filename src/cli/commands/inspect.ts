import { Command } from "commander";
import { MayflyError, formatSize, neutralise } from "../../foundation/index.ts";
import { FrozenVms, type DroppedFiles, type FrozenVm } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { removeAll } from "../removal.ts";
import { age } from "../terminal/age.ts";
import { print, printTable } from "../terminal/print.ts";

const EXAMPLES = `
Examples:
  mayfly inspect                                  what is kept
  mayfly inspect m4x7 --files dropped.zip         what it left; the password is "infected"
  mayfly inspect m4x7 --memory memory.raw         all of its memory, for Volatility and others
  mayfly inspect rm m4x7
A policy with on_finding { do: freeze } keeps the paused micro-VM of a task at such a finding.
The micro-VM stays as it is; files are read from a copy that runs in a jail of its own, without a network.`;

interface InspectOptions {
  readonly memory?: string;
  readonly files?: string;
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
      await removeAll(ids, async (id) => await Promise.resolve([{ name: frozen.remove(id) }]), json);
    });
  return command;
}

function list(all: readonly FrozenVm[], { memory, files, json = false }: InspectOptions): void {
  if (memory !== undefined || files !== undefined)
    throw new MayflyError("E_USAGE", "No micro-VM is named", { next: "See `mayfly inspect` for their ids." });
  if (json) writeJson(all);
  else
    printTable(["ID", "AGE", "PROFILE", "DISK", "FROZEN FOR"], all.map(row), {
      right: [1, 3],
      empty: "None is frozen. A policy with on_finding { do: freeze } keeps them: docs/reports.md.",
    });
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
  { memory, files, json = false, signal }: Look,
): Promise<void> {
  if (memory !== undefined) await all.saveMemory(frozen.id, memory);
  const dropped = files === undefined ? undefined : await all.saveFiles(frozen.id, files, signal);
  if (json) writeJson({ ...frozen, memory, files, dropped });
  else {
    if (memory === undefined && files === undefined) tell(frozen);
    if (memory !== undefined) print(`${memory}: ${formatSize(frozen.shape.memory)} of memory`);
    if (files !== undefined && dropped !== undefined) tellFiles(files, dropped);
  }
}

function tell({ id, profile, frozenAt, why, bytes, shape }: FrozenVm): void {
  print(`${id} (${profile}), frozen ${new Date(frozenAt).toLocaleString()}: ${neutralise(why)}`);
  print(`${formatSize(shape.memory)} of memory, ${formatSize(bytes)} on disk`);
  print(`its report: mayfly report ${id}`);
  print(`its files:  mayfly inspect ${id} --files FILE.zip`);
  print(`its memory: mayfly inspect ${id} --memory FILE`);
}

function tellFiles(archive: string, { kept, refused }: DroppedFiles): void {
  for (const { path, bytes } of kept) print(`  ${path} (${formatSize(bytes)})`);
  for (const { path, why } of refused) print(`  left out: ${path}: ${why}`);
  print(`${archive}: ${kept.length} file${kept.length === 1 ? "" : "s"}, password "infected"`);
}
