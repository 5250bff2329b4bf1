import { it } from "vitest";
import { PROBE, WatchedGuests } from "../support/watched.ts";
it("rates", async () => {
  const guests = new WatchedGuests();
  for (const script of [`${PROBE} forks 5000`, `${PROBE} files 100000; ${PROBE} memory`]) {
    const from = performance.now();
    const { record, took, stderr } = await guests.run(script);
    console.log(script, "took", took, "all", performance.now() - from, record.state, record.lost, record.omitted, record.events.length, record.missing, stderr);
  }
  await guests[Symbol.asyncDispose]();
}, 300_000);
