import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { asUntrusted } from "../foundation/index.ts";
import { BudgetMeter } from "../policy/network/index.ts";
import { Journal } from "./journal.ts";
import { Capture } from "./pcap/index.ts";
import { StreamWatcher } from "./stream-watcher.ts";

const directory = mkdtempSync(join(tmpdir(), "mayfly-watcher-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

it("has its stream wait while the disk does not keep up, so that nothing is left out", async () => {
  const capture = await Capture.open(join(directory, "a.pcapng"));
  const journal = new Journal(() => 0);
  const trace = capture.stream({ name: "a.test", address: "192.0.2.7", port: 80 });
  const note = journal.begin(asUntrusted("a.test"), 80);
  const watcher = new StreamWatcher({ note, journal, meter: new BudgetMeter({}), trace, capture });
  expect(watcher.ready()).toBeUndefined();
  const piece = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < 100; i++) {
    (i % 2 === 0 ? watcher.in : watcher.out)(piece);
    await watcher.ready(); // as a relay does
  }
  for (let i = 0; i < 5; i++) watcher.in(piece);
  expect(watcher.ready()).toBeInstanceOf(Promise);
  await watcher.ready();
  expect(watcher.ready()).toBeUndefined();
  expect(capture.omitted).toBe(0);
  await capture.close();
});

it("has nobody wait where nothing is captured", () => {
  const journal = new Journal(() => 0);
  const note = journal.begin(asUntrusted("a.test"), 80);
  const watcher = new StreamWatcher({
    note,
    journal,
    meter: new BudgetMeter({ bytesOut: 1 }),
    trace: undefined,
  });
  watcher.in(Buffer.alloc(1024));
  expect(watcher.ready()).toBeUndefined();
  expect([watcher.out(Buffer.alloc(2)), watcher.exceeded]).toEqual([
    false,
    "the budget of 1 bytes to the outside is used up",
  ]);
  expect([note.bytesIn, note.bytesOut]).toEqual([1024, 0]);
});
