// How long `mayfly run -- true` takes from start to exit, by the daemon and embedded, and `mayfly --version`, which does
// nothing, in turn in one run: medians and their ratio. Starts a daemon of its own.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, URL } from "node:url";

const TURNS = 11;
const directory = mkdtempSync(join(tmpdir(), "mayfly-bench-"));
const env = {
  ...process.env,
  MAYFLY_DAEMON: "auto",
  MAYFLY_RUNTIME: join(directory, "run"),
  MAYFLY_STATE: join(directory, "state"),
};
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const mayfly = (...words) => execFileSync(process.execPath, [main, ...words], { env });

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function time(...words) {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [main, ...words], { env });
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - from;
}

/** A standby that was taken is made anew before the next turn. */
function untilReady() {
  while (!String(mayfly("ps", "--json")).includes('"standby"'));
}

try {
  mayfly("up", "--detach", "--no-open", "--no-console", "--standby", "base=1");
  const [nothing, served, embedded] = [[], [], []];
  for (let turn = 0; turn < TURNS; turn++) {
    untilReady();
    nothing.push(time("--version"));
    served.push(time("run", "--", "true"));
    untilReady();
    embedded.push(time("run", "--embedded", "--", "true"));
  }
  const [versionMs, daemonMs, embeddedMs] = [nothing, served, embedded].map((each) =>
    Math.round(median(each)),
  );
  const ratio = Number((embeddedMs / daemonMs).toFixed(2));
  console.log(JSON.stringify({ turns: TURNS, versionMs, daemonMs, embeddedMs, ratio }));
} finally {
  mayfly("down");
  rmSync(directory, { recursive: true, force: true });
}
