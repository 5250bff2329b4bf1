import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { attempt } from "../foundation/index.ts";
import { PROGRAMS, type Program } from "./programs.ts";

export interface Requirement extends Program {
  /** Where it was found; undefined where it is missing. */
  readonly path: string | undefined;
}

/** Debian leaves these out of an ordinary user's PATH. */
const ADMIN_PLACES = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Looks for every program that Mayfly needs. Looks only; takes well under a millisecond. */
export function checkSystem(): Requirement[] {
  const isRoot = process.getuid?.() === 0;
  const needed = PROGRAMS.filter(({ who }) => who === undefined || !isRoot);
  return needed.map((program) => ({ ...program, path: find(program) }));
}

/** The packages of what is missing, each once, in a stable order. */
export function missingPackages(requirements: readonly Requirement[]): string[] {
  const missing = requirements.filter(({ path }) => path === undefined);
  return [...new Set(missing.map((requirement) => requirement.package))].sort();
}

function find({ program, file }: Program): string | undefined {
  const places = [...(process.env["PATH"] ?? "/usr/bin:/bin").split(delimiter), ...ADMIN_PLACES];
  const candidates =
    file === undefined ? places.filter((place) => place !== "").map((place) => join(place, program)) : [file];
  return candidates.find((path) => isUsable(path, file === undefined ? constants.X_OK : constants.R_OK));
}

function isUsable(path: string, mode: number): boolean {
  return (
    attempt(() => {
      accessSync(path, mode);
      return true;
    }, "absent or not for us") ?? false
  );
}
