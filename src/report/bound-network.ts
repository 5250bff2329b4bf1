import type { NetworkRecord, StreamRecord } from "../contract/index.ts";
import { MIB } from "../foundation/index.ts";
import { jsonBytes } from "./size.ts";

/** Bytes of JSON that a report gives to streams. */
const MOST_STREAM_BYTES = 16 * MIB;
/** Share of it for the first streams that came to no connection: whoever connects often cannot wipe them out. */
const SHARE_OF_FRUITLESS = 0.1;

/**
 * As `boundWitness`, for the streams: a guest names hosts and paths as it likes. Those that connected come before those
 * that did not, which cost a guest nothing. What is left out is counted.
 */
export function boundNetwork(record: NetworkRecord, most = MOST_STREAM_BYTES): NetworkRecord {
  const sizes = new Map(record.streams.map((stream) => [stream, jsonBytes(stream)]));
  const kept = new Set<StreamRecord>();
  let room = most;
  /** Keeps the first of them until one finds no room, or less than `spare` would be left. */
  const keep = (streams: readonly StreamRecord[], spare = 0): void => {
    for (const stream of streams) {
      const size = sizes.get(stream) ?? 0;
      if (room - size < spare) return;
      room -= size;
      kept.add(stream);
    }
  };
  const fruitless = record.streams.filter(({ connected }) => connected === undefined);
  keep(fruitless, most * (1 - SHARE_OF_FRUITLESS));
  keep(record.streams.filter(({ connected }) => connected !== undefined));
  keep(fruitless.filter((stream) => !kept.has(stream)));
  const streams = record.streams.filter((stream) => kept.has(stream));
  return { ...record, omitted: record.omitted + record.streams.length - streams.length, streams };
}
