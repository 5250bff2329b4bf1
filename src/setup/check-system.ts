import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { attempt } from "../foundation/index.ts";
import { REQUIREMENTS, type Requirement } from "./programs.ts";

export interface RequirementState extends Requirement {
  /** Where it was found; undefined where it is missing. */
  readonly path: string | undefined;
}

export interface SystemState {
  readonly requirements: readonly RequirementState[];
  readonly missing: readonly Requirement[];
}

/** Debian leaves these out of an ordinary user's PATH. */
const ADMIN_PLACES = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Looks for every program that Mayfly needs. Looks only; takes well under a millisecond. */
export async function checkSystem(): Promise<SystemState> {
  const isRoot = process.getuid?.() === 0;
  const needed = REQUIREMENTS.filter(({ who }) => who === undefined || !isRoot);
  const requirements = needed.map((requirement) => ({ ...requirement, path: find(requirement) }));
  return await Promise.resolve({ requirements, missing: requirements.filter(({ path }) => path === undefined) });
}

/** The packages of `missing`, each once, in a stable order. */
export function packagesOf(missing: readonly Requirement[]): string[] {
  return [...new Set(missing.map((requirement) => requirement.package))].sort();
}

function find({ program, file }: Requirement): string | undefined {
  const places = [...(process.env["PATH"] ?? "/usr/bin:/bin").split(delimiter), ...ADMIN_PLACES];
  const candidates = file === undefined ? places.filter((place) => place !== "").map((place) => join(place, program)) : [file];
  return candidates.find((path) => isUsable(path, file === undefined ? constants.X_OK : constants.R_OK));
}

function isUsable(path: string, mode: number): boolean {
  return attempt(() => { accessSync(path, mode); return true; }, "absent or not for us") ?? false;
}
