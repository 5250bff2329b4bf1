// Runs files of tests with vitest's own runner, each test printed as it ends and the count at last, as
// test/support/plain-reporter.ts does. Vitest itself takes minutes to start on an emulated processor.
// Arguments: files as compiled, from the checkout's root.
import { resolve } from "node:path";
import { startTests } from "@vitest/runner";

const TEST_MS = 480_000;
const HOOK_MS = 300_000;
const MARKS = { pass: "✓", fail: "×", skip: "↓", todo: "↓" };

let running;
// The whole suite's time is over: which test it was is told, and that counts as its failure.
process.once("SIGTERM", () => {
  console.log(`× ${running?.fullTestName ?? "before any test"}: did not come to its end in the time of all`);
  process.exit(1);
});

const runner = {
  config: {
    root: process.cwd(),
    setupFiles: [],
    allowOnly: false,
    passWithNoTests: false,
    sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
    maxConcurrency: 1,
    testTimeout: TEST_MS,
    hookTimeout: HOOK_MS,
    retry: 0,
    tags: [],
  },
  importFile: async (path) => await import(path),
  onBeforeRunTask: (test) => (running = test),
  onAfterRunTask: (test) => tell(test, test.fullTestName ?? test.name),
};

function tell({ mode, result }, name) {
  const took = result?.duration === undefined ? "" : ` ${Math.round(result.duration)} ms`;
  const why = result?.note ? ` [${result.note}]` : "";
  console.log(`${MARKS[result?.state ?? mode]} ${name}${took}${why}`);
  for (const { stack, message, diff } of result?.errors ?? [])
    console.log(`${stack ?? message}\n${diff ?? ""}`);
}

const count = { pass: 0, fail: 0, skip: 0, todo: 0 };

/** Counts the tests of a file or suite; one that fails for another reason than its tests (a hook, an import) is a failure too. */
function add(task) {
  if (task.type === "test") {
    const state = task.result?.state ?? task.mode;
    count[state]++;
    if (state === "skip" || state === "todo") tell(task, task.fullTestName ?? task.name);
    return;
  }
  for (const each of task.tasks) add(each);
  if ((task.result?.errors ?? []).length === 0) return;
  count.fail++;
  tell(task, task.name);
}

const files = process.argv.slice(2).map((file) => resolve(file));
for (const file of await startTests(files, runner)) add(file);
console.log(`\nTests: ${count.pass} passed, ${count.fail} failed, ${count.skip + count.todo} skipped`);
process.exit(count.fail > 0 || count.pass === 0 ? 1 : 0);
