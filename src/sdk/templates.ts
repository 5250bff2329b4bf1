import { statSync } from "node:fs";
import { basename } from "node:path";
import type { Progress } from "../contract/index.ts";
import { MayflyError, asMayflyError, attempt, neutralise } from "../foundation/index.ts";
import {
  listTemplates as templateDirectories,
  readTemplate,
  removeTemplateFiles,
  templateStore,
  type Host,
  type TemplateManifest,
} from "../microvisor/index.ts";
import { isAlive } from "../process/index.ts";
import { openHost } from "./installation.ts";

/** A frozen machine on disk. */
export interface TemplateInfo {
  /** Its directory's name: profile and key. */
  readonly name: string;
  readonly profile: string;
  /** Key of the image that it was made of. */
  readonly image: string | undefined;
  readonly shape: TemplateManifest["shape"] | undefined;
  /** What it takes on disk. */
  readonly bytes: number;
  /** ISO 8601; undefined where it is damaged. */
  readonly madeAt: string | undefined;
  /** Micro-VMs that live on it now. */
  readonly forks: number;
  /** What is wrong with it; undefined where nothing was found to be. */
  readonly damage: string | undefined;
}

export interface StoreOptions {
  readonly home?: string | undefined;
}

/** Every template of the store. Whole RAM files are not read; `verifyTemplates` does that. */
export async function listTemplates({ home }: StoreOptions = {}): Promise<TemplateInfo[]> {
  const host = openHost(home, silent);
  return await Promise.all(
    templateDirectories(templateStore(host)).map(async (directory) => await inspect(host, directory, false)),
  );
}

/** Reads and hashes every byte of the templates that `which` names (all by default). Damage is in the answer. @throws E_USAGE */
export async function verifyTemplates(
  which: string | undefined,
  { home }: StoreOptions = {},
): Promise<TemplateInfo[]> {
  const host = openHost(home, silent);
  const verified: TemplateInfo[] = [];
  // One after the other: each is read from the disk as fast as that can.
  for (const directory of matching(host, which)) verified.push(await inspect(host, directory, true));
  return verified;
}

/**
 * Removes templates by name, beginning of a name, or profile. All or, where one is in use, none.
 * @throws E_IN_USE while forks live on one, E_USAGE where there is none
 */
export async function removeTemplates(which: string, { home }: StoreOptions = {}): Promise<TemplateInfo[]> {
  const host = openHost(home, silent);
  const directories = matching(host, which);
  const found = await Promise.all(
    directories.map(async (directory) => await inspect(host, directory, false)),
  );
  const used = found.find(({ forks }) => forks > 0);
  if (used !== undefined) {
    throw new MayflyError(
      "E_IN_USE",
      `${used.forks} micro-VM${used.forks === 1 ? " lives" : "s live"} on the template ${used.name}`,
      {
        next: "Wait for them, or end them: mayfly ps, then mayfly kill ID.",
      },
    );
  }
  for (const directory of directories) removeTemplateFiles(directory);
  return found;
}

async function inspect(host: Host, directory: string, full: boolean): Promise<TemplateInfo> {
  const name = basename(directory);
  const base = {
    name,
    profile: name.replace(/-[0-9a-f]{16}$/, ""),
    bytes: sizeOf(directory),
    forks: forksOn(host, directory),
  };
  try {
    const template = await readTemplate(directory, full);
    if (template === undefined) return { ...base, ...UNREADABLE, damage: "it was removed meanwhile" };
    const { image, shape, madeAt } = template.manifest;
    return { ...base, image, shape, madeAt, damage: undefined };
  } catch (cause) {
    return { ...base, ...UNREADABLE, damage: asMayflyError(cause).message };
  }
}

function matching(host: Host, which: string | undefined): string[] {
  const all = templateDirectories(templateStore(host));
  const wanted = which === undefined ? all : all.filter((directory) => matches(basename(directory), which));
  if (wanted.length > 0 || which === undefined) return wanted;
  throw new MayflyError("E_USAGE", `There is no template "${neutralise(which, 100)}"`, {
    next: "See `mayfly templates`.",
  });
}

function matches(name: string, which: string): boolean {
  return (
    name === which ||
    name.replace(/-[0-9a-f]{16}$/, "") === which ||
    (which.includes("-") && name.startsWith(which))
  );
}

function forksOn(host: Host, directory: string): number {
  return host.ledger.list().filter((entry) => entry.template === directory && isAlive(entry.owner)).length;
}

/** RAM files are sparse: blocks, not length. */
function sizeOf(directory: string): number {
  const blocks = ["ram", "state", "manifest.json"].map(
    (file) => attempt(() => statSync(`${directory}/${file}`).blocks, "damage is told elsewhere") ?? 0,
  );
  return blocks.reduce((sum, count) => sum + count * 512, 0);
}

const UNREADABLE = { image: undefined, shape: undefined, madeAt: undefined };
const silent: Progress = () => undefined;
