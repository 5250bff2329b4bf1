import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "../foundation/index.ts";

export interface Distribution {
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** Whether apt installs its packages under Debian's names. */
  readonly isDebianLike: boolean;
}

/** Which distribution this is, by `os-release` text. */
export function parseDistribution(osRelease: string): Distribution {
  const field = (name: string): string =>
    new RegExp(`^${name}=(["']?)(.*)\\1$`, "m").exec(osRelease)?.[2] ?? "";
  const family = `${field("ID")} ${field("ID_LIKE")}`.split(/\s+/);
  return {
    name: field("PRETTY_NAME") || field("ID") || "this system",
    isDebianLike: family.includes("debian") || family.includes("ubuntu"),
  };
}

export function readDistribution(): Distribution {
  const text = ["/etc/os-release", "/usr/lib/os-release"]
    .map((path) => attempt(() => readFileSync(path, "utf8"), "not every system has it"))
    .find((each) => each !== undefined);
  return parseDistribution(text ?? "");
}

const A_DAY = 86_400_000;

/** Whether apt's package lists are missing or over a day old. */
export function hasStaleLists(directory = "/var/lib/apt/lists"): boolean {
  const names = attempt(() => readdirSync(directory), "apt has made none yet") ?? [];
  const lists = names.filter((name) => /_Packages(\.\w+)?$/.test(name));
  const ages = lists.map(
    (name) => Date.now() - (attempt(() => statSync(join(directory, name)).mtimeMs, "removed meanwhile") ?? 0),
  );
  const partial = attempt(() => statSync(directory).mtimeMs, "apt has made none yet") ?? 0;
  return lists.length === 0 || (Math.min(...ages) > A_DAY && Date.now() - partial > A_DAY);
}
