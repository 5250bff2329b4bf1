import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MayflyError, attempt, neutralise } from "../foundation/index.ts";

/** Root of this installation: `src/image` and `dist/image` lie equally deep in it. */
export const INSTALLATION = fileURLToPath(new URL("../../", import.meta.url));

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Folders that hold profiles, the user's first. */
export function profileFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const config = env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return [join(config, "mayfly", "profiles"), join(INSTALLATION, "profiles")];
}

/** The folder of a profile. @throws E_UNKNOWN_PROFILE listing the known ones */
export function findProfile(name: string): string {
  const found = NAME.test(name)
    ? profileFolders()
        .map((folder) => join(folder, name))
        .find(isProfile)
    : undefined;
  if (found !== undefined) return found;
  throw new MayflyError("E_UNKNOWN_PROFILE", `There is no profile "${neutralise(name, 80)}"`, {
    next: `Known ones: ${listProfiles().join(", ")}. A profile is a folder with a profile.yaml (docs/profiles.md).`,
  });
}

export function listProfiles(): string[] {
  const names = profileFolders().flatMap((folder) => {
    const inside = attempt(() => readdirSync(folder), "no such folder") ?? [];
    return inside.filter((name) => NAME.test(name) && isProfile(join(folder, name)));
  });
  return [...new Set(names)].sort();
}

function isProfile(folder: string): boolean {
  return existsSync(join(folder, "profile.yaml"));
}
