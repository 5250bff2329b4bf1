import { buffer } from "node:stream/consumers";
import type { AgentConnection } from "../channel/index.ts";
import { GIB, MIB, MayflyError, asMayflyError, within } from "../foundation/index.ts";
import { unknownKernel, type KernelMap } from "./kernel-map.ts";

const DEADLINE_MS = 30_000;
const MOST_BYTES = MIB;

/** Without these nothing can be said of a kernel. */
const NEEDED = ["_text", "_etext", "__start_rodata", "__end_rodata", "init_top_pgt"] as const;
const WANTED = [
  ...NEEDED,
  "sys_call_table",
  "__start___jump_table",
  "__stop___jump_table",
  "__start_static_call_sites",
  "__stop_static_call_sites",
  "__start_static_call_tramp_key",
  "__stop_static_call_tramp_key",
  "__static_call_return0",
  "__x86_return_thunk",
];
const SECTIONS = ["__jump_table", ".static_call_sites", ".static_call_tramp_key", ".text", ".rodata"];

/** Addresses are hidden even from root in a guest (`kptr_restrict`), so this shows them for a moment. */
const SCRIPT = `
before=$(cat /proc/sys/kernel/kptr_restrict)
echo 0 >/proc/sys/kernel/kptr_restrict
grep -E ' [A-Za-z] (${WANTED.join("|")})$' /proc/kallsyms
sed 's/^/module /' /proc/modules
cd /sys/module
for file in */sections/*; do case $file in ${SECTIONS.map((name) => `*/sections/${name}`).join("|")}) ;; *) continue ;; esac
echo "section $file $(cat "$file")"; done
for file in */sections/.*; do case $file in ${SECTIONS.map((name) => `*/sections/${name}`).join("|")}) ;; *) continue ;; esac
echo "section $file $(cat "$file")"; done
echo "$before" >/proc/sys/kernel/kptr_restrict
sed 's/^/ram /' /proc/iomem
echo "meltdown $(cat /sys/devices/system/cpu/vulnerabilities/meltdown)"`;

/** Asks the guest of a template that is being made where its kernel is. Never rejects: a machine without it is only not checked. */
export async function learnKernel(agent: AgentConnection): Promise<KernelMap> {
  try {
    const guest = agent.exec({ argv: ["sh", "-c", SCRIPT], env: {}, cwd: "/", user: "root" });
    guest.stdin.end();
    guest.stderr.resume();
    const late = (): MayflyError => new MayflyError("E_TEMPLATE", "it took too long");
    const [said] = await within(Promise.all([buffer(guest.stdout), guest.exit]), DEADLINE_MS, { late });
    return parseKernelMap(said.toString("latin1", 0, MOST_BYTES));
  } catch (cause) {
    return unknownKernel(`The kernel could not be learnt: ${asMayflyError(cause).message}`);
  }
}

/** Reads what the script printed: lines of `kallsyms`, `modules`, section addresses, `iomem`. */
export function parseKernelMap(text: string): KernelMap {
  const lines = text.split("\n");
  const symbols: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([0-9a-f]{16}) [A-Za-z] (\w{1,64})$/.exec(line);
    if (match !== null) symbols[match[2] ?? ""] = trim(match[1] ?? "");
  }
  const missing = NEEDED.filter((name) => symbols[name] === undefined || symbols[name] === "0");
  if (missing.length > 0)
    return unknownKernel(`The guest's kernel does not tell where it has ${missing.join(", ")}`);
  return {
    failure: "",
    symbols,
    modules: modulesOf(lines),
    lowRam: lowRamOf(lines),
    splitTables: /^meltdown Mitigation: PTI/m.test(text),
  };
}

function modulesOf(lines: readonly string[]): KernelMap["modules"] {
  const modules: KernelMap["modules"] = [];
  for (const line of lines) {
    const module = /^module (\w{1,64}) (\d{1,9}) .* 0x([0-9a-f]{16})/.exec(line);
    if (module !== null)
      modules.push({
        name: module[1] ?? "",
        size: Number(module[2]),
        from: trim(module[3] ?? ""),
        sections: {},
      });
    const section = /^section (\w{1,64})\/sections\/([.\w]{1,64}) 0x([0-9a-f]{16})$/.exec(line);
    const owner = modules.find(({ name }) => name === section?.[1]);
    if (section !== null && owner !== undefined) owner.sections[section[2] ?? ""] = trim(section[3] ?? "");
  }
  return modules;
}

/** The end of the last RAM below 4 GiB. */
function lowRamOf(lines: readonly string[]): number {
  const ends = lines.flatMap((line) => {
    const end = /^ram [0-9a-f]+-([0-9a-f]{1,13}) : System RAM$/.exec(line)?.[1];
    return end === undefined ? [] : [Number.parseInt(end, 16) + 1];
  });
  return Math.max(0, ...ends.filter((end) => end <= 4 * GIB));
}

function trim(hex: string): string {
  return hex.replace(/^0+(?=.)/, "");
}
