import { expect, it } from "vitest";
import { NO_NETWORK, type NetworkRecord, type StreamRecord } from "../contract/index.ts";
import { boundNetwork } from "./bound-network.ts";

const stream = (host: string, connected?: string): StreamRecord => ({
  at: 0,
  target: { host, port: 443 },
  program: undefined,
  decision: { allowed: connected !== undefined, rule: undefined, reason: "" },
  addresses: [],
  connected,
  tls: undefined,
  inspected: false,
  http: [],
  bytesOut: 0,
  bytesIn: 0,
  end: connected === undefined ? "refused" : "closed",
  lasted: 0,
});
const refused = (count: number): StreamRecord[] =>
  Array.from({ length: count }, (_, i) => stream(`refused${String(i).padStart(5, "0")}.test`));
const connected = (count: number): StreamRecord[] =>
  Array.from({ length: count }, (_, i) => stream(`made${String(i).padStart(5, "0")}.test`, "192.0.2.1"));
const recordOf = (...streams: StreamRecord[]): NetworkRecord => ({ ...NO_NETWORK, streams, omitted: 5 });
const textOf = ({ streams }: NetworkRecord): number =>
  streams.reduce((sum, each) => sum + JSON.stringify(each).length, 0);
const countMade = ({ streams }: NetworkRecord): number =>
  streams.filter((each) => each.connected !== undefined).length;

it("leaves as it is what is not too long", () => {
  const record = recordOf(...refused(10), ...connected(10));
  expect(boundNetwork(record, textOf(record))).toEqual(record);
});

it("keeps the one that connected after 10,000 that were refused, and the first of these", () => {
  const record = recordOf(...refused(10_000), ...connected(1));
  const bounded = boundNetwork(record, textOf(record) / 2);
  expect(bounded.streams.at(-1)?.connected).toBe("192.0.2.1");
  expect(bounded.streams.slice(0, -1)).toEqual(record.streams.slice(0, bounded.streams.length - 1));
  expect(textOf(bounded)).toBeLessThanOrEqual(textOf(record) / 2);
  expect(bounded.streams.length).toBeGreaterThan(4_900);
  expect(bounded.omitted + bounded.streams.length).toBe(10_006);
});

it("keeps a tenth of the room for those that did not connect, and what else they find", () => {
  const most = textOf(recordOf(...connected(1_000)));
  const many = boundNetwork(recordOf(...connected(2_000), ...refused(2_000)), most);
  expect(countMade(many)).toBeGreaterThan(890);
  expect(many.streams.length - countMade(many)).toBeGreaterThan(90);
  expect(textOf(many)).toBeLessThanOrEqual(most);
  const few = boundNetwork(recordOf(...connected(500), ...refused(2_000)), most);
  expect(countMade(few)).toBe(500);
  expect(few.streams.length).toBeGreaterThan(990);
});
