import { lstat, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SafeFile, SafeForm } from "../../contract/index.ts";
import { MayflyError, errnoOf, neutralise, placeNew } from "../../foundation/index.ts";
import type { FormPlace, StagedFile } from "./form.ts";

type Target = Pick<FormPlace, "directory" | "stem" | "force">;

/** What each form's first file may be called. */
const FIRST_NAMES: Readonly<Record<SafeForm, readonly string[]>> = {
  pdf: [".pdf"],
  png: [".png", "-001.png"],
  text: [".txt"],
  csv: [".csv"],
};

/** Tells of safe copies that are there already before minutes go into new ones. @throws E_OUTPUT_EXISTS */
export async function requireFree(
  forms: readonly SafeForm[],
  { directory, stem, force }: Target,
): Promise<void> {
  if (force) return;
  const path = await findTaken(forms, { directory, stem });
  if (path !== undefined) throw inTheWay(path);
}

/** @returns the first path that is taken of those which safe copies would get; undefined where all are free */
export async function findTaken(
  forms: readonly SafeForm[],
  { directory, stem }: Pick<FormPlace, "directory" | "stem">,
): Promise<string | undefined> {
  for (const path of forms.flatMap((form) =>
    FIRST_NAMES[form].map((end) => join(directory, `${stem}${end}`)),
  )) {
    const there = await lstat(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

/**
 * Moves complete files to their places: all of them or, without `force`, none.
 * @throws E_OUTPUT_EXISTS, and errors of the file system
 */
export async function moveIntoPlace(
  files: readonly StagedFile[],
  { directory, force }: Target,
): Promise<SafeFile[]> {
  const placed: SafeFile[] = [];
  try {
    for (const { form, path, name } of files) {
      const target = join(directory, name);
      const { size } = await stat(path);
      if (force) await rename(path, target);
      else await placeNew(path, target);
      placed.push({ form, path: target, bytes: size });
    }
  } catch (cause) {
    // With `force` what was there is replaced already; then the new files stay.
    if (!force) for (const { path } of placed) await rm(path);
    throw errnoOf(cause) === "EEXIST" ? inTheWay(join(directory, files[placed.length]?.name ?? "")) : cause;
  }
  return placed;
}

function inTheWay(path: string): MayflyError {
  return new MayflyError("E_OUTPUT_EXISTS", `${neutralise(path)} exists already`, {
    next: "Use --force to replace it, or --out DIR to write somewhere else.",
  });
}
