import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readWritten, type WrittenRule } from "../findings/index.ts";
import { attempt } from "../foundation/index.ts";
import { INSTALLATION } from "../image/index.ts";

/** Rules as they are written, by the SHA-256 of the text of their file, hex. */
type PreparedRules = Readonly<Record<string, readonly WrittenRule[]>>;

/** Made by `scripts/prepare-rules.mjs` with each build: reading YAML takes time that the end of a task does not have. */
export const PREPARED = join(INSTALLATION, "dist", "rules.json");

let prepared: Promise<PreparedRules> | undefined;

/** The rules of this very text, where the build has read it. Undefined for any other, and where nothing was built. */
export async function preparedRules(text: string): Promise<readonly WrittenRule[] | undefined> {
  prepared ??= readFile(PREPARED, "utf8").then(
    (json) => attempt(() => JSON.parse(json) as PreparedRules, "the text is read instead") ?? {},
    () => ({}),
  );
  const all = await prepared;
  const digest = digestOf(text);
  return Object.hasOwn(all, digest) ? all[digest] : undefined;
}

/** What to write there for files of rules, as JSON. @throws E_BAD_RULE */
export async function prepareRules(files: readonly string[]): Promise<string> {
  const read = files.map(async (file): Promise<[string, readonly WrittenRule[]]> => {
    const text = await readFile(file, "utf8");
    return [digestOf(text), await readWritten(text, file)];
  });
  return JSON.stringify(Object.fromEntries(await Promise.all(read)));
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
