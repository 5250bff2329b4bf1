import { expect, it } from "vitest";
import { RecentLog } from "./recent-log.ts";

it("knows when each line began, however it came in pieces", () => {
  const log = new RecentLog();
  log.add(Buffer.from("one\ntw"), 1);
  log.add(Buffer.from("o\r\n\n"), 2);
  log.add(Buffer.from("three"), 3);
  expect(log.timed(10)).toEqual([
    { at: 1, text: "one" },
    { at: 1, text: "two" },
    { at: 3, text: "three" },
  ]);
  expect(log.timed(1)).toEqual([{ at: 3, text: "three" }]);
});

it("keeps the last bytes and their times, a byte at a time too", () => {
  const log = new RecentLog(8);
  for (let i = 0; i < 1000; i++) log.add(Buffer.from(i % 4 === 3 ? "\n" : "x"), i);
  expect(log.timed(10)).toEqual([
    { at: 992, text: "xxx" },
    { at: 996, text: "xxx" },
  ]);
  log.add(Buffer.from(`${"y".repeat(100)}\nz`), 2000);
  expect(log.timed(10)).toEqual([
    { at: 2000, text: "yyyyyy" },
    { at: 2000, text: "z" },
  ]);
});
