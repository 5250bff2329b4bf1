import type { WitnessRecord } from "../contract/index.ts";
import { MIB } from "../foundation/index.ts";
import { jsonBytes } from "./size.ts";

/** Bytes of JSON that a report gives to the witness's events. */
const MOST_EVENT_BYTES = 8 * MIB;

/** Keeps a report from becoming larger than anybody reads: what is left out is counted and said. */
export function boundWitness(record: WitnessRecord, most = MOST_EVENT_BYTES): WitnessRecord {
  let size = 0;
  const end = record.events.findIndex((event) => {
    size += jsonBytes(event);
    return size > most;
  });
  if (end < 0) return record;
  const left = record.events.length - end;
  return {
    ...record,
    state: "incomplete",
    missing: [
      ...record.missing,
      `the last ${left} events are left out: together they are too long for a report`,
    ],
    omitted: record.omitted + left,
    events: record.events.slice(0, end),
  };
}
