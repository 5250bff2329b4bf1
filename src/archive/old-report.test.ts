import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SAMPLE } from "../../test/support/sample-report.ts";
import type { Report } from "../contract/index.ts";
import { renderReport } from "../report/formats/index.ts";
import { ReportArchive } from "./index.ts";
import { unseal } from "./sign.ts";

/** As versions wrote it that recorded neither the disk nor when a line of the console came. */
const { cpuMs, peakPrivateBytes, samples, console } = SAMPLE.resources;
const OLD: Report = {
  ...SAMPLE,
  resources: {
    cpuMs,
    peakPrivateBytes,
    samples: samples.map(({ at, cpuMs: cpu, privateBytes }) => ({ at, cpuMs: cpu, privateBytes })),
    console: console.map(({ text }) => text),
  },
};

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "mayfly-old-"));
});
afterEach(async () => {
  await rm(state, { recursive: true });
});

it("reads a report of an earlier version, and takes nothing that it lacks for recorded", async () => {
  const archive = new ReportArchive(state);
  archive.put(await archive.seal(OLD));
  const { resources } = archive.get("last").signed.report;
  expect(resources).toEqual(OLD.resources);
  expect([...archive.search({})]).toHaveLength(1);
});

it("still knows whether an earlier report is what was signed, and hands it out byte for byte", async () => {
  const { bytes } = await new ReportArchive(state).seal(OLD);
  const signed = unseal(bytes);
  expect(renderReport(signed, "json", () => undefined)).toBe(bytes.toString());
  const changed = Buffer.from(bytes.toString().replace('"exitCode":0', '"exitCode":1'));
  expect(() => unseal(changed)).toThrow(/digest/);
});

it.each(["html", "stix", "navigator", "jsonl"] as const)("writes an earlier report as %s", async (format) => {
  const { bytes } = await new ReportArchive(state).seal(OLD);
  const text = renderReport(unseal(bytes), format, () => undefined);
  expect(text).not.toMatch(/undefined|NaN/);
  if (format === "html") expect(text).toContain("was not recorded");
  if (format === "html") expect(text).toContain("hello");
});
