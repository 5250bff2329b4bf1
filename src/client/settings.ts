import { readFileSync, readlinkSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { attempt } from "../foundation/index.ts";

/** Variables by which a Mayfly works differently, besides those that begin with `MAYFLY_`. */
const VARIABLES = ["XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "NODE_EXTRA_CA_CERTS"];
/** … and those that say only how it is started. */
const OWN = new Set(["MAYFLY_DAEMON", "MAYFLY_READY_FD", "MAYFLY_PREPARING", "MAYFLY_SCALE"]);

/** What a process's tasks depend on beside their request. Where two processes differ in any, one cannot stand for the other. */
export type Settings = Readonly<Record<string, string>>;

/** This process's, as they are now. */
export function settingsOf(env: NodeJS.ProcessEnv = process.env): Settings {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const names = Object.keys(env).filter((name) => name.startsWith("MAYFLY_") && !OWN.has(name));
  const variables = [...names, ...VARIABLES].map((name) => [name, env[name] ?? ""] as const);
  return {
    installation: root,
    build: attempt(() => String(statSync(`${root}dist/.built`).mtimeMs), "run from its source") ?? "",
    version: versionIn(root),
    home: homedir(),
    umask: umask(),
    "file systems": attempt(() => readlinkSync("/proc/self/ns/mnt"), "no /proc") ?? "",
    root: attempt(() => readlinkSync("/proc/self/root"), "no /proc") ?? "",
    ...Object.fromEntries(variables.filter(([, value]) => value !== "")),
  };
}

/** The names of what differs. */
export function differing(one: Settings, other: Settings): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => one[name] !== other[name],
  );
}

/** Node can ask for it only by changing it. */
function umask(): string {
  const status = attempt(() => readFileSync("/proc/self/status", "latin1"), "no /proc") ?? "";
  return /^Umask:\s+(\d+)$/m.exec(status)?.[1] ?? "";
}

function versionIn(root: string): string {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { readonly version: string };
  return manifest.version;
}
