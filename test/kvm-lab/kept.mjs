import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * A directory `NAME-KEY` in `cache`, as found there or made now; the key is that of `recipe`, and an older recipe's goes.
 * @param {(work: string) => Promise<string>} make makes it somewhere below `work`, and says where
 * @returns {Promise<string>}
 */
export async function ensureKept(cache, name, recipe, make) {
  const key = createHash("sha256").update(recipe).digest("hex").slice(0, 16);
  const directory = join(cache, `${name}-${key}`);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  const work = join(cache, `tmp-${name}-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  try {
    const made = await make(work);
    for (const each of readdirSync(cache))
      if (each.startsWith(`${name}-`)) rmSync(join(cache, each), { recursive: true });
    renameSync(made, directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return directory;
}

/** @throws with what it printed */
export function shell(cwd, script) {
  const { status, stderr } = spawnSync("bash", ["-c", `set -euo pipefail; ${script}`], {
    cwd,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}
