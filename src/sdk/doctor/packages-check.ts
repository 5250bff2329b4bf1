import { checkSystem } from "../setup.ts";
import type { Check } from "./check.ts";
import { off, on, type Observation } from "./finding.ts";

/** Whether every program that Mayfly runs is installed. */
export const PACKAGES_CHECK: Check<unknown> = { name: "system packages", isRequired: true, look };

function look(): Observation {
  const { requirements, missing } = checkSystem();
  if (missing.length === 0) return on(`all ${requirements.length} programs are there`);
  const programs = requirements
    .filter(({ path }) => path === undefined)
    .map(({ program, purpose }) => `${program} (${purpose})`);
  return off(`missing: ${programs.join(", ")}`, "Run `mayfly setup`, which installs them.");
}
