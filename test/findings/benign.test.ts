import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Report } from "../../src/contract/index.ts";
import { Mayfly } from "../../src/index.ts";
import { runReported } from "./run-reported.ts";

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
});
afterAll(async () => {
  await mayfly.close();
});

function graverThanLow({ findings }: Report): string[] {
  return findings.filter(({ severity }) => severity !== "info" && severity !== "low").map(({ rule }) => rule);
}

/** As builds do: a configure script that probes, objects, a library, an install, and a cleaning up. */
const BUILD = `mkdir -p b/src b/obj b/out/bin; cd b
for i in $(seq 1 15); do seq $i 100 >src/$i.c; done
cp /usr/bin/true conftest; ./conftest; rm conftest; uname -m; id -u; hostname
for i in $(seq 1 15); do sort -r src/$i.c >obj/$i.tmp && mv obj/$i.tmp obj/$i.o; done
cat obj/*.o | gzip >out/lib.a; tar cf out/all.tar obj; grep -r 5 src | sed s/5/6/ | awk '{n++} END {print n}' >out/log
cp /usr/bin/printf out/bin/tool; chmod 0755 out/bin/tool; out/bin/tool %s done; find . -name '*.o' -delete; rm -r src`;

const PYTHON = `python3 -c 'import ssl, sqlite3, json, email, http.client, subprocess, tempfile, xml.dom.minidom, ctypes
subprocess.run(["true"]); tempfile.NamedTemporaryFile()'
python3 -c 'import numpy'
pip --version`;

it.each([
  ["a build", BUILD],
  ["Python and its packages", PYTHON],
])("nothing graver than low is found in %s", async (_name, script) => {
  const report = await runReported(mayfly, script, { user: "user" });
  expect(report.result.outcome).toEqual({ kind: "exited", code: 0 });
  expect(graverThanLow(report)).toEqual([]);
});

it("nothing graver than low is found in the conversion of a document by an office suite", async () => {
  const out = mkdtempSync(join(tmpdir(), "mayfly-benign-"));
  try {
    const { outcome, report: task } = await mayfly.open("examples/supplier-invoice.docx", {
      as: "text",
      out,
    });
    expect(outcome.kind).toBe("converted");
    const { report } = mayfly.reports.get(task?.id ?? "");
    expect(report.witness.events.length).toBeGreaterThan(0);
    expect(graverThanLow(report)).toEqual([]);
  } finally {
    rmSync(out, { recursive: true });
  }
});
