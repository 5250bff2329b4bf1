import type { HttpRecord, NetworkRecord, StreamRecord } from "../../contract/index.ts";
import { formatSize } from "../../foundation/index.ts";
import { addressRange } from "./address-ranges.ts";
import type { Fact } from "./fact.ts";
import { lastPart } from "./lineage.ts";
import { oddness } from "./oddness.ts";

/** A stream and the requests that were seen in it. */
export function streamFacts(stream: StreamRecord): Fact[] {
  return [streamFact(stream), ...stream.http.map((request) => requestFact(stream, request))];
}

function streamFact(stream: StreamRecord): Fact {
  const { at, target, program, decision, addresses, connected, tls, bytesOut, bytesIn, end, lasted } = stream;
  const own = addressRange(target.host);
  const ranges = [target.host, ...addresses, connected ?? ""].map(addressRange);
  const { host, port } = target;
  const fields = {
    host,
    port,
    plain: own !== undefined,
    range: [...new Set(ranges.filter((range) => range !== undefined))],
    allowed: decision.allowed,
    reason: decision.reason,
    end,
    program,
    name: namesOf(program),
    serverName: tls?.serverName,
    otherName: tls?.serverName !== undefined && own === undefined && tls.serverName !== host,
    bytesOut,
    bytesIn,
    lasted,
  };
  return { kind: "stream", voice: "outside", at, pid: undefined, fields, tell: () => tellStream(stream) };
}

function tellStream({
  target: { host, port },
  decision,
  tls,
  bytesOut,
  bytesIn,
  program,
}: StreamRecord): string {
  const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const by = program === undefined ? "" : ` by ${program}`;
  if (!decision.allowed) return `connection to ${where}${by} was refused: ${decision.reason}`;
  const name = tls?.serverName === undefined ? "" : `, TLS for ${tls.serverName}`;
  return `connection to ${where}${by}${name}: ${formatSize(bytesOut)} out, ${formatSize(bytesIn)} in`;
}

function requestFact({ at, program }: StreamRecord, { method, host, path, status }: HttpRecord): Fact {
  const fields = { method, host, path, status, name: namesOf(program) };
  const tell = (): string => `HTTP request: ${method} ${host}${path}`;
  return { kind: "request", voice: "outside", at, pid: undefined, fields, tell };
}

/** @param at when the name was asked for, or when the task ended */
export function lookupFact(host: string, at: number): Fact {
  const fields = { host, oddness: oddness(host) };
  return {
    kind: "lookup",
    voice: "witness",
    at,
    pid: undefined,
    fields,
    tell: () => `asked for the name ${host}`,
  };
}

/** @param at when the task ended */
export function networkFact({ streams, omitted, bytesOut, bytesIn }: NetworkRecord, at: number): Fact {
  const count = streams.length + omitted;
  const tell = (): string =>
    `${count} connections were asked for; ${formatSize(bytesOut)} out, ${formatSize(bytesIn)} in`;
  const fields = { streams: count, bytesOut, bytesIn };
  return { kind: "network", voice: "outside", at, pid: undefined, fields, tell };
}

/** What runs beside the path in what a guest says of a stream's program. */
const PROCESS = / \(process \d+\)$/;

function namesOf(program: string | undefined): readonly string[] {
  return program === undefined ? [] : [lastPart(program.replace(PROCESS, ""))];
}
