/**
 * What runs in the outer machine: the same files as on any machine. `user` has no rights but the `kvm` group's.
 * Durations are those of an emulated processor, so tests that count are asked for less (`MAYFLY_TEST_TASKS`).
 */
export const SUITES = [
  { name: "accelerator", user: "tester", files: ["test/vm/accelerator.test.ts"] },
  { name: "task", user: "tester", files: ["test/vm/task.test.ts"] },
  { name: "jail", user: "tester", files: ["test/vm/jail.test.ts"] },
  { name: "identity", user: "tester", files: ["test/vm/identity.test.ts"] },
  { name: "many", user: "tester", files: ["test/vm/many.test.ts"] },
  { name: "hostile", user: "tester", files: ["test/hostile/guest.test.ts"] },
  { name: "crash", user: "tester", files: ["test/crash/crash.test.ts"] },
  { name: "root", user: "root", files: ["test/vm/accelerator.test.ts", "test/vm/jail.test.ts"] },
];

/** Profiles whose images are handed over. */
export const PROFILES = ["base"];

/** The suites as lines of shell; `suite` is a function of `outer/start`. */
export function planOf(suites) {
  return suites.map(({ name, user, files }) => `suite ${name} ${user} ${files.join(" ")}\n`).join("");
}
