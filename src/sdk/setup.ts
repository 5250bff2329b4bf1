import type { Progress } from "../contract/index.ts";
import {
  checkSystem as lookForPrograms,
  installPackages as install,
  missingPackages,
  type Requirement,
} from "../setup/index.ts";

/** The programs of the system that Mayfly stands on. */
export interface SystemState {
  readonly requirements: readonly Requirement[];
  /** Debian packages that are missing; empty where nothing is. */
  readonly missing: readonly string[];
}

export interface InstallOptions {
  /** Install without asking. */
  readonly assumeYes?: boolean | undefined;
  /** Puts a question to a person; undefined where there is nobody to ask. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
  readonly progress?: Progress | undefined;
}

/** Looks for every program that Mayfly needs. A few `stat` calls. */
export function checkSystem(): SystemState {
  const requirements = lookForPrograms();
  return { requirements, missing: missingPackages(requirements) };
}

/**
 * Installs the Debian packages that are missing: as root, or by sudo after asking.
 * @throws E_SETUP_NEEDED with the command to run where that cannot be done here, E_SETUP_FAILED
 */
export async function installPackages({
  assumeYes = false,
  ask,
  progress = () => undefined,
}: InstallOptions = {}): Promise<void> {
  await install({ assumeYes, ask, progress });
}
