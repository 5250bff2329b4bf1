// Runs Mayfly and its own tests on a machine with KVM: one that QEMU emulates. See docs/kvm-lab.md.
// Arguments: names of suites, or files of tests (default: all suites).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storePaths } from "../../dist/image/index.js";
import { ensureEmulator } from "./emulator.mjs";
import { runOuterMachine } from "./machine.mjs";
import { ensureOuterMachine } from "./outer-machine.mjs";
import { packPayload } from "./payload.mjs";
import { PROFILES, chooseSuites, filesOf, planOf } from "./suites.mjs";
import { Tally } from "./tally.mjs";

/** A hang costs no more than this; suites end by themselves before it, so that they can still say which test it was. */
const DEADLINE_S = 25 * 60;
const SUITE_S = 20 * 60;
const suites = chooseSuites(process.argv.slice(2));
const store = storePaths().root;

let step;
const progress = ({ step: next }) => {
  if (next !== step) console.log(`lab: ${next} (once)`);
  step = next;
};
const emulator = await ensureEmulator(join(store, "lab"), progress);
const outer = await ensureOuterMachine(join(store, "lab"), progress);
const work = mkdtempSync(join(tmpdir(), "mayfly-lab-"));
try {
  const from = performance.now();
  const tally = new Tally();
  const names = suites.map(({ name }) => name);
  let end = await runSuites(suites, tally, from);
  let { processorS } = end;
  const left = tally.unpassed(names);
  if (end.fault !== undefined && left.length > 0) {
    // No test of ours can do this to a processor: it is the emulator's doing, and never runs anything more than twice.
    console.log(`lab: ${end.fault}; a new machine runs what has not passed: ${left.join(", ")}`);
    end = await runSuites(
      suites.filter(({ name }) => left.includes(name)),
      tally,
      from,
    );
    processorS += end.processorS;
  }
  const { passed, failed, skipped, missing } = tally.total(names);
  for (const name of missing)
    console.log(`lab: the suite ${name} did not come to its end (outer machine: ${end.how})`);
  const took = ((performance.now() - from) / 1000).toFixed(0);
  console.log(`\nOn KVM, in ${took} s, with ${processorS.toFixed(0)} s of processor time:`);
  console.log(`Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function runSuites(these, tally, from) {
  const payload = await packPayload(work, {
    store,
    profiles: PROFILES,
    tests: filesOf(these),
    plan: planOf(these, SUITE_S),
  });
  return await runOuterMachine({
    ...outer,
    emulator,
    payload,
    work,
    deadlineMs: DEADLINE_S * 1000 - (performance.now() - from),
    onLine: (line) => {
      tally.read(line);
      const at = ((performance.now() - from) / 1000).toFixed(0).padStart(4);
      // Only our own last line begins with "Tests:", for whoever adds up.
      console.log(line.startsWith("lab: ") ? `${line} (at ${at} s)` : `  ${line}`);
    },
  });
}
