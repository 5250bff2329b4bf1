import { neutralise } from "../../foundation/index.ts";
import type { Check } from "./check.ts";
import { holds, off, on, type Observation } from "./finding.ts";
import { unreadable } from "./unreadable.ts";

/** What a task's user sees in a live fork, by name. Untrusted, but this guest has run nothing of anybody's. */
export type GuestFacts = Readonly<Record<string, string>>;

/** Prints `name=value` lines: run in the fork as the task's user. */
export const GUEST_PROBE = `
status() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }
echo "uid=$(id -u)"
echo "no_new_privs=$(status NoNewPrivs)"
echo "capabilities=$(status CapEff) $(status CapBnd)"
echo "interfaces=$(ls /sys/class/net 2>/dev/null | tr '\\n' ' ')"
echo "routes=$(sed 1d /proc/net/route 2>/dev/null | wc -l)"
echo "modules_disabled=$(cat /proc/sys/kernel/modules_disabled 2>/dev/null)"
echo "root=$(touch /usr/.mayfly-probe 2>/dev/null && echo writable; rm -f /usr/.mayfly-probe 2>/dev/null)"
echo "suid_mounts=$(awk '$4 !~ /nosuid/ && $4 !~ /^ro/ { printf "%s ", $2 }' /proc/mounts 2>/dev/null)"
echo "in=$(touch /in/.mayfly-probe 2>/dev/null && echo writable)"
`;

const ASK = "Remove the image and let it be built again (mayfly images rm NAME); if it stays, report it.";

/** What the guest itself does, before the boundary is reached. A hostile kernel may lie; these are not the boundary. */
export const GUEST_CHECKS: readonly Check<GuestFacts>[] = [
  {
    name: "tasks have no rights",
    isRequired: true,
    look: (facts) => holds(Number(facts["uid"]) > 0, `uid ${read(facts, "uid")}`, ASK),
  },
  { name: "no capabilities in the guest", isRequired: true, look: capabilities },
  {
    name: "no new privileges in the guest",
    isRequired: true,
    look: (facts) => holds(facts["no_new_privs"] === "1", `NoNewPrivs ${read(facts, "no_new_privs")}`, ASK),
  },
  { name: "no network device", isRequired: true, look: interfaces },
  { name: "no module loading", isRequired: false, look: modules },
  { name: "nosuid mounts", isRequired: true, look: suidMounts },
  {
    name: "inputs are read-only",
    isRequired: true,
    look: (facts) =>
      holds(facts["in"] === "", facts["in"] === "" ? "/in refuses to be written" : "/in can be written", ASK),
  },
];

/** Reads what `GUEST_PROBE` printed. */
export function parseGuestFacts(text: string): GuestFacts {
  const lines = text
    .split("\n")
    .map((line) => /^([a-z_]+)=(.*)$/.exec(line))
    .filter((match) => match !== null);
  return Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, neutralise(value.trim(), 200)]));
}

function capabilities(facts: GuestFacts): Observation {
  const held = read(facts, "capabilities").split(" ")[0] ?? "";
  return holds(/^0+$/.test(held), /^0+$/.test(held) ? "the effective set is empty" : `CapEff ${held}`, ASK);
}

function interfaces(facts: GuestFacts): Observation {
  const names = read(facts, "interfaces")
    .split(" ")
    .filter((name) => name !== "" && name !== "lo");
  return holds(
    names.length === 0,
    names.length === 0 ? "no interface but lo" : `it has ${names.join(", ")}`,
    ASK,
  );
}

function modules(facts: GuestFacts): Observation {
  const value = read(facts, "modules_disabled");
  return holds(value === "1", `kernel.modules_disabled ${value === "" ? "is not offered" : value}`, ASK);
}

function suidMounts(facts: GuestFacts): Observation {
  const paths = read(facts, "suid_mounts");
  return paths === "" ? on("no writable mount obeys set-user-ID") : off(`without nosuid: ${paths}`, ASK);
}

/** @throws where the probe did not say */
function read(facts: GuestFacts, name: string): string {
  const value = facts[name];
  if (value === undefined) throw unreadable(`the guest did not say ${name}`);
  return value;
}
