// Keeps one report after the other below the directory that is named, and tells the id of each when it is kept.
import { writeSync } from "node:fs";
import { ReportArchive } from "../../dist/archive/index.js";
import { newVmId } from "../../dist/foundation/index.js";

const archive = new ReportArchive(process.argv[2]);
const padding = Array.from({ length: 500 }, (_, index) => `a warning that takes some room ${index}`);
for (;;) {
  const id = newVmId();
  const report = {
    format: 1,
    origin: { version: "0", engine: "none" },
    command: ["true"],
    result: {
      id,
      profile: "base",
      template: "",
      origin: "fork",
      outcome: { kind: "exited", code: 0 },
      exitCode: 0,
      inputs: [],
      outputs: [],
      refusedOutputs: [],
      network: { streams: [], omitted: 0, lookups: [], bytesOut: 0, bytesIn: 0 },
      startedAt: "2026-03-01T10:00:00.000Z",
      timings: {},
      warnings: padding,
      disposal: { complete: true, steps: [] },
    },
    witness: { state: "absent", missing: [], lost: 0, omitted: 0, events: [] },
    resources: {
      samples: [],
      cpuMs: 0,
      peakPrivateBytes: 0,
      disk: { readBytes: 0, reads: 0, writtenBytes: 0, writes: 0 },
      console: [],
    },
    memory: {
      state: "unchecked",
      reason: "",
      at: 0,
      took: 0,
      pages: 0,
      changedPages: 0,
      kernel: [],
      executables: [],
      executablesOmitted: 0,
    },
    findings: [],
    granted: [],
    rules: [],
  };
  archive.put(await archive.seal(report));
  writeSync(1, `${id}\n`);
}
