import type { NetworkRecord } from "../contract/index.ts";

/** UTF-16 units of JSON that a report gives to streams. */
const MOST_STREAM_TEXT = 16 * 2 ** 20;

/** As `boundWitness`, for the streams: a guest names hosts and paths as it likes. What is left out is counted. */
export function boundNetwork(record: NetworkRecord, most = MOST_STREAM_TEXT): NetworkRecord {
  let size = 0;
  const end = record.streams.findIndex((stream) => {
    size += JSON.stringify(stream).length;
    return size > most;
  });
  if (end < 0) return record;
  const left = record.streams.length - end;
  return { ...record, omitted: record.omitted + left, streams: record.streams.slice(0, end) };
}
