import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Progress } from "../contract/index.ts";
import type { LedgerEntry } from "../disposal/index.ts";
import { MayflyError, asMayflyError, attempt, neutralise } from "../foundation/index.ts";
import {
  ensureImage,
  findProfile,
  listImages as storedImages,
  listProfiles as profileNames,
  removeImage,
  verifyImage,
  type StoredImage,
} from "../image/index.ts";
import { isAlive } from "../process/index.ts";
import { openHost } from "./installation.ts";
import { listTemplates, removeTemplates, type StoreOptions } from "./templates.ts";

/** What a profile was built into. */
export interface ImageInfo {
  /** Its directory's name: profile and key. */
  readonly name: string;
  readonly profile: string;
  readonly key: string;
  readonly bytes: number;
  /** ISO 8601; undefined where its manifest is damaged. */
  readonly builtAt: string | undefined;
  /** Built from what its profile says now. Others are left from earlier. */
  readonly isCurrent: boolean;
  readonly damage: string | undefined;
}

export interface ProfileInfo {
  readonly name: string;
  readonly description: string;
}

/** Every kind of machine that can be made, the user's own ones too. */
export async function listProfiles(): Promise<ProfileInfo[]> {
  const { parse } = await import("yaml");
  return profileNames().map((name) => {
    const document = attempt(
      () => parse(readFileSync(join(findProfile(name), "profile.yaml"), "utf8")) as unknown,
      "told when it is used",
    );
    const isText =
      typeof document === "object" &&
      document !== null &&
      "description" in document &&
      typeof document.description === "string";
    return { name, description: isText ? String(document.description) : "(its profile.yaml cannot be read)" };
  });
}

export async function listImages({ home }: StoreOptions = {}): Promise<ImageInfo[]> {
  return (await storedImages(openHost(home, silent).store)).map(describe);
}

/** The image of a profile, built where it is missing or out of date. @throws E_UNKNOWN_PROFILE, E_IMAGE_BUILD, E_DISK_FULL */
export async function buildImage(
  profile: string,
  { home, progress = silent, signal }: BuildOptions = {},
): Promise<void> {
  await ensureImage(profile, { store: openHost(home, progress).store, progress, signal });
}

export interface BuildOptions extends StoreOptions {
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Hashes every file of the images that `which` names (all by default). Damage is in the answer. @throws E_USAGE */
export async function verifyImages(which?: string, { home }: StoreOptions = {}): Promise<ImageInfo[]> {
  const verified: ImageInfo[] = [];
  for (const image of await matching(which, home)) {
    const damage = await verifyImage(image.directory).then(
      () => undefined,
      (cause: unknown) => asMayflyError(cause).message,
    );
    verified.push({ ...describe(image), damage });
  }
  return verified;
}

/**
 * Removes images by profile or by name, and the templates that were made of them.
 * @throws E_IN_USE while micro-VMs of the profile run, E_USAGE where there is none
 */
export async function removeImages(which: string, { home }: StoreOptions = {}): Promise<ImageInfo[]> {
  const images = await matching(which, home);
  const { store, ledger } = openHost(home, silent);
  const isUsed = ({ owner, template, profile }: LedgerEntry): boolean =>
    isAlive(owner) && template.startsWith(`${store}/`) && images.some(({ name }) => name === profile);
  const running = ledger.list().find(isUsed);
  if (running !== undefined) {
    throw new MayflyError("E_IN_USE", `The micro-VM ${running.id} runs on the image ${running.profile}`, {
      next: `Wait for it, or end it: mayfly kill ${running.id}.`,
    });
  }
  const keys = new Set(images.map(({ key }) => key));
  const templates = (await listTemplates({ home })).filter(
    ({ image }) => image !== undefined && keys.has(image),
  );
  for (const { name } of templates) await removeTemplates(name, { home });
  for (const { directory } of images) removeImage(directory);
  return images.map(describe);
}

async function matching(which: string | undefined, home: string | undefined): Promise<StoredImage[]> {
  const all = await storedImages(openHost(home, silent).store);
  const wanted =
    which === undefined
      ? all
      : all.filter(({ name, directory }) => name === which || basename(directory) === which);
  if (wanted.length > 0 || which === undefined) return wanted;
  throw new MayflyError("E_USAGE", `There is no image "${neutralise(which, 100)}"`, {
    next: "See `mayfly images`.",
  });
}

function describe({ directory, name, key, image, current }: StoredImage): ImageInfo {
  const files = image === undefined ? [] : [image.kernel, image.initramfs, image.root];
  const bytes = files.reduce(
    (sum, path) => sum + (attempt(() => statSync(path).size, "removed meanwhile") ?? 0),
    0,
  );
  const damage = image === undefined ? "its manifest or a file of it is damaged or missing" : undefined;
  return {
    name: basename(directory),
    profile: name,
    key,
    bytes,
    builtAt: image?.manifest.builtAt,
    isCurrent: current,
    damage,
  };
}

const silent: Progress = () => undefined;
