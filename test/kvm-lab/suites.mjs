/**
 * What runs in the outer machine, side by side: the same files as on any machine. `tester` has no rights but the `kvm`
 * group's. One process a suite, as it takes long to start on an emulated processor.
 */
export const SUITES = [
  {
    name: "tasks",
    user: "tester",
    files: ["test/vm/task.test.ts", "test/vm/accelerator.test.ts", "test/vm/identity.test.ts"],
  },
  {
    name: "endings",
    user: "tester",
    files: [
      "test/crash/crash.test.ts",
      "test/hostile/guest.test.ts",
      "test/vm/jail.test.ts",
      "test/vm/many.test.ts",
      "test/vm/template-key.test.ts",
    ],
  },
  { name: "root", user: "root", files: ["test/vm/jail.test.ts", "test/vm/accelerator.test.ts"] },
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

/** Files of tests of all these suites, each once. */
export function filesOf(suites) {
  return [...new Set(suites.flatMap(({ files }) => files))];
}

/**
 * The suites as lines of shell, side by side, each ended after `seconds`; what they call are functions of `outer/start`.
 * Files are named as they were compiled. Root's begin with what needs no template, while the tester's is made.
 */
export function planOf(suites, seconds) {
  const isEarly = ({ user }) => user === "root";
  const line = ({ name, user, files }) =>
    `suite ${name} ${user} ${files.map((file) => file.replace(/\.ts$/, ".js")).join(" ")} &\n`;
  const early = suites.filter(isEarly).map(line);
  const late = suites.filter((suite) => !isEarly(suite)).map(line);
  return [
    `DEADLINE=${seconds}\n`,
    ...early,
    ...(late.length > 0 ? ["prepare\n"] : []),
    ...late,
    "wait\n",
  ].join("");
}
