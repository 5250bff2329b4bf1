import { describe, expect, it } from "vitest";
import { asUntrusted } from "../foundation/index.ts";
import { Journal } from "./journal.ts";
import type { StreamNote } from "./stream-note.ts";

const request = { method: "GET", host: "example.org", path: "/", status: undefined };

it("keeps 1,000 requests of a stream and 20,000 of all streams, and goes on counting bytes", () => {
  const journal = new Journal(() => 0);
  const notes = Array.from({ length: 30 }, (_, i) => journal.begin(asUntrusted(`n${i}.example.org`), 80));
  for (const note of notes)
    for (let i = 0; i < 1_500; i++) {
      note.http(i, { ...request, path: `/${i}` });
      note.httpStatus(i, 200);
      journal.countOut(1);
    }
  const { streams, bytesOut } = journal.build();
  expect(streams.map(({ http }) => http.length)).toEqual([
    ...Array<number>(20).fill(1_000),
    ...Array<number>(10).fill(0),
  ]);
  expect(streams[19]?.http.at(-1)).toEqual({ ...request, path: "/999", status: 200 });
  expect(bytesOut).toBe(45_000);
});

it("keeps 20,000 of many streams with few requests each", () => {
  const journal = new Journal(() => 0);
  for (let i = 0; i < 9_000; i++) {
    const note = journal.begin(asUntrusted("example.org"), 80);
    for (let each = 0; each < 3; each++) note.http(each, request);
  }
  const counts = journal.build().streams.map(({ http }) => http.length);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000);
  expect(counts[6_666]).toBe(2);
  expect(counts[6_667]).toBe(0);
});

/** Asks for streams that are refused, or connected and closed. */
function asking(journal: Journal): { refused: (count: number) => void; connected: (count: number) => void } {
  const begin = (count: number, then: (note: StreamNote) => void, host: string): void => {
    for (let i = 0; i < count; i++) then(journal.begin(asUntrusted(`${host}${i}.test`), 443));
  };
  return {
    refused: (count) => {
      begin(
        count,
        (note) => {
          note.refuse("no rule allows it");
        },
        "refused",
      );
    },
    connected: (count) => {
      const connect = (note: StreamNote): void => {
        note.connected = "192.0.2.1";
        note.end("closed");
      };
      begin(count, connect, "connected");
    },
  };
}
const hostsOf = (journal: Journal): string[] => journal.build().streams.map(({ target }) => target.host);

describe("a full record", () => {
  it("has the latest refused streams give way, and says how many", () => {
    const journal = new Journal(() => 0);
    const { refused, connected } = asking(journal);
    refused(30_000);
    connected(1);
    const hosts = hostsOf(journal);
    expect([hosts.length, journal.build().omitted]).toEqual([10_000, 20_001]);
    expect([hosts[0], hosts[9_998], hosts[9_999]]).toEqual([
      "refused0.test",
      "refused9998.test",
      "connected0.test",
    ]);
  });

  it("keeps every one of 9,000 that connected, and the first 1,000 that did not", () => {
    const journal = new Journal(() => 0);
    const { refused, connected } = asking(journal);
    refused(10_000);
    connected(9_500);
    refused(10_000);
    const hosts = hostsOf(journal);
    expect([hosts.length, journal.build().omitted]).toEqual([10_000, 19_500]);
    expect([hosts[999], hosts[1_000], hosts[9_999]]).toEqual([
      "refused999.test",
      "connected0.test",
      "connected8999.test",
    ]);
  });

  it("never displaces what connected, or is not over yet", () => {
    const journal = new Journal(() => 0);
    const { refused, connected } = asking(journal);
    const open = journal.begin(asUntrusted("open.test"), 443);
    connected(9_999);
    const before = hostsOf(journal);
    refused(100);
    open.refuse("late");
    refused(100);
    expect(hostsOf(journal)).toEqual(before);
    expect(journal.build().omitted).toBe(200);
  });
});
