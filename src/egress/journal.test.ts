import { expect, it } from "vitest";
import { asUntrusted } from "../foundation/index.ts";
import { Journal } from "./journal.ts";

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
