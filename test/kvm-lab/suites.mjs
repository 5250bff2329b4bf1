/**
 * What runs in the outer machine: the same files as on any machine. `tester` has no rights but the `kvm` group's. One run
 * of vitest a user, as it takes long to start on an emulated processor.
 */
export const SUITES = [
  {
    name: "user",
    user: "tester",
    files: [
      "test/vm/accelerator.test.ts",
      "test/vm/task.test.ts",
      "test/vm/jail.test.ts",
      "test/vm/identity.test.ts",
      "test/vm/many.test.ts",
      "test/hostile/guest.test.ts",
      "test/crash/crash.test.ts",
    ],
  },
  { name: "root", user: "root", files: ["test/vm/accelerator.test.ts", "test/vm/jail.test.ts"] },
];

/** Profiles whose images are handed over. */
export const PROFILES = ["base"];

/**
 * All suites, or with arguments only what they name: suites, or files of tests, which `tester` then runs.
 * @param {readonly string[]} wanted
 */
export function chooseSuites(wanted) {
  const files = wanted.filter((each) => each.includes("/"));
  const named = SUITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  return files.length === 0 ? named : [...named, { name: "files", user: "tester", files }];
}

/** The suites as lines of shell, side by side; `suite` is a function of `outer/start`. */
export function planOf(suites) {
  return `${suites.map(({ name, user, files }) => `suite ${name} ${user} ${files.join(" ")} &\n`).join("")}wait\n`;
}
