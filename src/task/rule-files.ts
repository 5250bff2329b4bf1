import { constants, type Stats } from "node:fs";
import { open, readdir, stat, type FileHandle } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { compileRules, parseRules, type Rule } from "../findings/index.ts";
import { MIB, MayflyError, errnoOf, formatSize, neutralise } from "../foundation/index.ts";
import { INSTALLATION } from "../image/index.ts";
import { attackMatrix } from "./attack-matrix.ts";
import { preparedRules } from "./prepared-rules.ts";

/** Shipped ones have some 20 KiB. */
const LARGEST = MIB;

/** Folders whose files of rules always hold: Mayfly's, then the user's. */
export function ruleFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const config = env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return [join(INSTALLATION, "rules"), join(config, "mayfly", "rules")];
}

/**
 * Mayfly's rules, the user's, and those of more files. A later rule with the id of an earlier one takes its place.
 * @throws E_BAD_RULE with file and line, E_INPUT_MISSING, E_INPUT_UNREADABLE
 */
export async function loadRules(files: readonly string[] = []): Promise<readonly Rule[]> {
  const inFolders = (await Promise.all(ruleFolders().map(rulesIn))).flat();
  const read = await Promise.all([...inFolders, ...files].map(readRules));
  const rules = new Map(read.flat().map((rule) => [rule.id, rule]));
  return [...rules.values()];
}

/** The rules of one file. @throws E_BAD_RULE with file and line, E_INPUT_MISSING, E_INPUT_UNREADABLE */
export async function readRules(file: string): Promise<readonly Rule[]> {
  const [text, matrix] = await Promise.all([textOf(file), attackMatrix()]);
  const name = neutralise(file, 300);
  const written = await preparedRules(text);
  return written === undefined
    ? await parseRules(text, name, matrix)
    : compileRules(written, { file: name, matrix });
}

async function rulesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (errnoOf(cause) === "ENOENT") return [];
    throw unreadable(folder, cause);
  });
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Never waits for what it is given: a FIFO that nobody writes to would hold up the end of every task. */
async function textOf(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    requireRules(file, await stat(file)); // before it is opened: opening a device may do something
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    requireRules(file, await handle.stat());
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LARGEST + 1), 0, LARGEST + 1, 0);
    if (bytesRead > LARGEST) throw tooLarge(file);
    return buffer.toString("utf8", 0, bytesRead);
  } catch (cause) {
    if (cause instanceof MayflyError) throw cause;
    throw unreadable(file, cause);
  } finally {
    await handle?.close();
  }
}

function requireRules(file: string, stats: Stats): void {
  if (!stats.isFile())
    throw new MayflyError(
      "E_INPUT_UNREADABLE",
      `Rules are read from regular files only, and ${neutralise(file)} is none`,
      { next: "Move it elsewhere, or name another file; docs/rules.md describes the format." },
    );
  if (stats.size > LARGEST) throw tooLarge(file);
}

function tooLarge(file: string): MayflyError {
  return new MayflyError(
    "E_INPUT_UNREADABLE",
    `The file of rules ${neutralise(file)} is larger than ${formatSize(LARGEST)}`,
    { next: "Move it elsewhere, or split it; docs/rules.md describes the format." },
  );
}

function unreadable(path: string, cause: unknown): MayflyError {
  const errno = errnoOf(cause) ?? "unknown";
  const isMissing = errno === "ENOENT" || errno === "ENOTDIR";
  const what = isMissing ? "There are no rules" : `Rules cannot be read (${errno}):`;
  return new MayflyError(
    isMissing ? "E_INPUT_MISSING" : "E_INPUT_UNREADABLE",
    `${what} ${neutralise(path)}`,
    {
      cause,
      next: "Name a file of rules; docs/rules.md describes the format.",
    },
  );
}
