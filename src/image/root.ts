import { linkSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../contract/index.ts";
import { attempt } from "../foundation/index.ts";
import { runTool } from "../process/index.ts";
import { bootstrapRoot } from "./debian.ts";
import { hashFile } from "./digest.ts";
import { rootKey } from "./key.ts";
import { readImage, type Image } from "./manifest.ts";
import type { RootSettings } from "./profile-document.ts";
import { HEADS_FILE, writeProgramHeads } from "./program-heads.ts";
import { PROGRAMS } from "./programs.ts";

const HOUR = 3_600_000;
/** Chosen by measurement: `docs/decisions/0010-root-filesystem.md`. */
export const ROOT_FORMAT = "squashfs";
/** The root file system and what is known of it: these are made together. */
export const ROOT_FILES = { root: `root.${ROOT_FORMAT}`, heads: HEADS_FILE, programs: PROGRAMS } as const;
const PACKING = ["-comp", "lz4", "-b", "128K", "-root-mode", "755", "-root-uid", "0", "-root-gid", "0"];

interface RootRequest {
  readonly name: string;
  readonly folder: string;
  readonly settings: RootSettings;
  /** Where other images lie. */
  readonly images: string;
  /** Directory of the image that is being made. */
  readonly image: string;
  readonly work: string;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

interface Root {
  readonly rootKey: string;
  /** Debian packages and versions. */
  readonly packages: string[];
}

/**
 * Puts the root file system into an image: that of another image of the profile where it is built from the same
 * things (so a new agent costs seconds, not a download), else a new one.
 */
export async function placeRoot(request: RootRequest): Promise<Root> {
  const key = rootKey(request.folder, request.settings);
  const packages = (await linkRoot(key, request)) ?? (await makeRoot(request));
  return { rootKey: key, packages };
}

/** One file, two names: it goes with the last of its images. */
async function linkRoot(
  key: string,
  { name, images, image, progress }: RootRequest,
): Promise<string[] | undefined> {
  const others = attempt(() => readdirSync(images), "none yet") ?? [];
  for (const other of others.filter((each) => each.startsWith(`${name}-`))) {
    const found = await readImage(join(images, other)).catch(() => undefined);
    if (found?.manifest.rootKey !== key) continue;
    progress({ step: `Taking the root file system of ${name} from its last image` });
    if (await linkAll(found, image)) return found.manifest.packages;
  }
  return undefined;
}

/** False, and nothing is there, where one is damaged. What is checked is what is kept: the other image's look may deceive. */
async function linkAll({ directory, manifest }: Image, image: string): Promise<boolean> {
  const names = ["root", "heads", "programs"] as const;
  for (const name of names) linkSync(join(directory, ROOT_FILES[name]), join(image, ROOT_FILES[name]));
  for (const name of names) {
    if ((await hashFile(join(image, ROOT_FILES[name]))) === manifest.parts[name].sha256) continue;
    for (const each of names) rmSync(join(image, ROOT_FILES[each]));
    return false;
  }
  return true;
}

async function makeRoot({
  name,
  folder,
  settings,
  image,
  work,
  progress,
  signal,
}: RootRequest): Promise<string[]> {
  const tar = join(work, "root.tar");
  const programs = join(image, ROOT_FILES.programs);
  const packages = await bootstrapRoot(folder, settings, {
    target: { tar, programs },
    work,
    progress,
    signal,
  });
  progress({ step: `Packing the root file system of ${name}` });
  const pack = ["sqfstar", ...PACKING, "-quiet", "-no-progress", join(image, ROOT_FILES.root)];
  await runTool(pack, { input: { file: tar }, timeoutMs: HOUR, signal, failure: "E_IMAGE_BUILD" });
  writeProgramHeads(tar, join(image, ROOT_FILES.heads));
  return packages;
}
