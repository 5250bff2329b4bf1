/**
 * What differs between the machines that the same tests run on: set in the KVM lab, whose processor is emulated and which
 * is handed one image; the defaults are what users run.
 */

/** How many tasks one test runs. */
export const TASKS = Number(process.env["MAYFLY_TEST_TASKS"] ?? 200);

/** Milliseconds after which Mayfly is killed while it makes a template: before, during and after the boot. */
export const KILLS_WHILE_MAKING = (process.env["MAYFLY_TEST_KILLS"] ?? "50,800,2000").split(",").map(Number);

const PROFILES = process.env["MAYFLY_TEST_PROFILES"]?.split(",");

export function hasProfile(name: string): boolean {
  return PROFILES?.includes(name) ?? true;
}

/** What the machine is known to have; undefined: whichever Mayfly finds. */
export const EXPECTED_ACCELERATOR = process.env["MAYFLY_TEST_ACCELERATOR"];
