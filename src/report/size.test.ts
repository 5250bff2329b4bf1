import { describe, expect, it } from "vitest";
import { SAMPLE } from "../../test/support/sample-report.ts";
import { NO_NETWORK, NO_WITNESS, type WitnessEvent } from "../contract/index.ts";
import { boundNetwork } from "./bound-network.ts";
import { boundWitness } from "./bound-witness.ts";
import { decodeSignedReport } from "./decode.ts";
import { MOST_REPORT_BYTES, jsonBytes, requireReportSize } from "./size.ts";

/** One unit of UTF-16, three bytes of UTF-8. */
const WIDE = "語";

describe("a report's size is counted in bytes", () => {
  it("where it is read", () => {
    const most = WIDE.repeat(Math.floor(MOST_REPORT_BYTES / 3));
    expect(() => decodeSignedReport(most)).toThrow(/no JSON/);
    expect(() => decodeSignedReport(most + WIDE)).toThrow(/larger than 64 MiB/);
    expect(() => {
      requireReportSize(MOST_REPORT_BYTES);
    }).not.toThrow();
  });

  it("where events are left out", () => {
    const events = Array.from({ length: 10 }, (_, pid): WitnessEvent => {
      return { kind: "create", at: 0, pid, path: `/${WIDE.repeat(1_000)}` };
    });
    const record = { ...NO_WITNESS, events };
    const [first] = events;
    expect(jsonBytes(first)).toBeGreaterThan(3_000);
    expect(boundWitness(record, 10 * jsonBytes(first)).events).toHaveLength(10);
    expect(boundWitness(record, 10 * jsonBytes(first) - 1)).toMatchObject({
      events: events.slice(0, 9),
      omitted: 1,
    });
  });

  it("where streams are left out", () => {
    const [sample] = SAMPLE.result.network.streams;
    if (sample === undefined) throw new Error("the sample has no stream");
    const stream = { ...sample, connected: "192.0.2.1", program: WIDE.repeat(1_000) };
    const record = { ...NO_NETWORK, streams: Array.from({ length: 10 }, () => ({ ...stream })) };
    expect(boundNetwork(record, 10 * jsonBytes(stream)).omitted).toBe(0);
    expect(boundNetwork(record, 10 * jsonBytes(stream) - 1).omitted).toBe(1);
  });
});
