/**
 * The golden vectors of the agent protocol. `UPDATE_VECTORS=1 npx vitest run src/contract/agent/vectors.test.ts`
 * writes them; without it that test holds the codec to the files. A change here is a change of the wire.
 */
import { openUntrusted, type Untrusted } from "../../src/foundation/index.ts";
import * as wire from "../../src/contract/agent/index.ts";
import type { Fields, Message, Written } from "../../src/contract/agent/index.ts";

export interface Vector {
  readonly name: string;
  readonly type: string;
  readonly stream: number;
  /** The frame. */
  readonly bytes: Uint8Array;
  /** `name=value` a field, in wire order: numbers decimal, the rest lower-case hex, items joined by commas. */
  readonly fields: string;
}

interface Sample<F extends Fields> {
  readonly name: string;
  readonly stream: number;
  readonly values: Written<F>;
}

function vector<N extends string, F extends Fields>(message: Message<N, F>, sample: Sample<F>): Vector {
  const bytes = message.encode(sample.stream, sample.values);
  return { name: sample.name, type: message.name, stream: sample.stream, bytes, fields: dump(message, bytes) };
}

/** The fields of `frame` as its own decoder reads them. */
export function dump<N extends string, F extends Fields>(message: Message<N, F>, frame: Uint8Array): string {
  const decoded: Record<string, unknown> = message.decode(0, frame.subarray(wire.HEADER_BYTES)).body;
  return Object.keys(message.fields)
    .map((key) => `${key}=${canonical(decoded[key])}\n`)
    .join("");
}

function canonical(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(canonical).join(",");
  const text = openUntrusted(value as Untrusted<string | Uint8Array>);
  return Buffer.from(typeof text === "string" ? (wire.utf8Encode(text) ?? []) : text).toString("hex");
}

const entropy = Uint8Array.from({ length: 32 }, (_, i) => i * 8);
const exec = {
  stderrStream: 9,
  flags: 0,
  rows: 0,
  columns: 0,
  user: "task",
  cwd: "/work",
  argv: ["/bin/sh", "-c", "printf '%s\\n' \"$GREETING\"; exit 3"],
  env: ["PATH=/usr/bin:/bin", "GREETING=grüß dich", "EMPTY="],
};
const terminal = { ...exec, stderrStream: 0, flags: wire.EXEC_PTY, rows: 24, columns: 80, argv: ["bash"], env: [] };

const records = Buffer.concat([
  wire.encodeRecord({ kind: "directory", mode: 0o755, size: 0n, path: "pages" }),
  wire.encodeRecord({ kind: "file", mode: 0o644, size: 5_000_000_000n, path: "pages/1.png" }),
  wire.encodeRecord({ kind: "symlink", mode: 0o777, size: 11n, path: "latest" }),
  wire.encodeRecord({ kind: "other", mode: 0o600, size: 0n, path: "pipe \udcfe" }),
]);

const at = { at: 1_234_567n, pid: 42 };
const witness = Buffer.concat([
  wire.encodeWitnessRecord(1, { ...at, child: 43 }),
  wire.encodeWitnessRecord(2, {
    ...at,
    user: 1000,
    origin: 1,
    argvBytes: 9,
    program: "/tmp/a \udcff",
    argv: ["a", "", "b\nc"],
  }),
  wire.encodeWitnessRecord(3, { ...at, how: 1, status: 9 }),
  wire.encodeWitnessRecord(4, { ...at, path: "/tmp/new" }),
  wire.encodeWitnessRecord(8, { ...at, path: "/tmp/old", to: "/tmp/new" }),
  wire.encodeWitnessRecord(10, { ...at, protocol: 1, port: 8080, address: "0.0.0.0" }),
  wire.encodeWitnessRecord(11, { ...at, from: 1000, to: 0, call: "exec" }),
  wire.encodeWitnessRecord(12, { ...at, succeeded: 1, call: "ptrace", detail: "request=attach target=1" }),
  wire.encodeWitnessRecord(13, { at: 0n, pid: 0, exec: 1, sha256: entropy }),
  wire.encodeWitnessRecord(14, {
    at: 0n,
    pid: 0,
    gaps: 2,
    lost: 10_000_000_000n,
    execs: 1n,
    lives: 2n,
    files: 3n,
    calls: 4n,
  }),
]);

export const VECTORS: readonly Vector[] = [
  vector(wire.HELLO, { name: "hello", stream: 0, values: { oldest: 1, newest: 1 } }),
  vector(wire.READY, { name: "ready", stream: 0, values: { version: 1, kernel: "6.1.0-40-cloud-amd64" } }),
  vector(wire.IDENTITY, {
    name: "identity",
    stream: 1,
    values: {
      realtime: 1_795_438_412_123_456_789n,
      hostname: "m0123456789ab",
      machineId: "0123456789abcdef0123456789abcdef",
      bootId: "01234567-89ab-4cde-8f01-23456789abcd",
      entropy,
    },
  }),
  vector(wire.OK, { name: "ok", stream: 1, values: {} }),
  vector(wire.ERROR, {
    name: "error-not-found",
    stream: 7,
    values: { code: 2, errno: 2, message: "no such program: /bin/nothing" },
  }),
  vector(wire.ERROR, { name: "error-refused-outward", stream: 2, values: { code: 7, errno: 0, message: "" } }),
  vector(wire.EXEC, { name: "exec-pipes", stream: 7, values: exec }),
  vector(wire.EXEC, { name: "exec-pty", stream: 11, values: terminal }),
  vector(wire.PUT, {
    name: "put",
    stream: 13,
    values: { mode: 0o640, flags: wire.PUT_MAKE_PARENTS, owner: "task", path: "/work/in/data.csv" },
  }),
  vector(wire.PUT, { name: "put-root", stream: 15, values: { mode: 0o4755, flags: 0, owner: "", path: "/usr/x" } }),
  vector(wire.GET, { name: "get", stream: 17, values: { path: "/out/name with \udcff byte" } }),
  vector(wire.LIST, { name: "list", stream: 19, values: { maxEntries: 100_000, maxDepth: 32, path: "/out" } }),
  vector(wire.CONNECT, { name: "connect-tcp", stream: 21, values: { kind: wire.CONNECT_TCP, port: 5900, path: "" } }),
  vector(wire.CONNECT, {
    name: "connect-unix",
    stream: 23,
    values: { kind: wire.CONNECT_UNIX, port: 0, path: "/run/office.sock" },
  }),
  vector(wire.LIMITS, { name: "limits", stream: 25, values: { memoryBytes: 5n * 1024n ** 3n, processes: 256 } }),
  vector(wire.LIMITS, { name: "limits-none", stream: 27, values: { memoryBytes: 0n, processes: 0 } }),
  vector(wire.SEAL, { name: "seal", stream: 29, values: { path: "/usr" } }),
  vector(wire.WITNESS, {
    name: "witness",
    stream: 31,
    values: { execs: 4000, lives: 8000, files: 6000, calls: 2000 },
  }),
  vector(wire.DATA, { name: "data-witness", stream: 31, values: { bytes: witness } }),
  vector(wire.DATA, { name: "data-to-guest", stream: 7, values: { bytes: Uint8Array.of(0, 1, 0x7f, 0x80, 0xff) } }),
  vector(wire.DATA, { name: "data-from-guest", stream: 9, values: { bytes: Buffer.from("a warning\n") } }),
  vector(wire.DATA, { name: "data-listing", stream: 19, values: { bytes: records } }),
  vector(wire.END, { name: "end", stream: 7, values: {} }),
  vector(wire.CREDIT, { name: "credit", stream: 7, values: { bytes: 131_072 } }),
  vector(wire.CREDIT, { name: "credit-most", stream: 2_147_483_647, values: { bytes: 16_777_216 } }),
  vector(wire.RESET, { name: "reset", stream: 7, values: { code: 7 } }),
  vector(wire.SIGNAL, { name: "signal", stream: 7, values: { signal: 15 } }),
  vector(wire.RESIZE, { name: "resize", stream: 11, values: { rows: 50, columns: 132 } }),
  vector(wire.EXIT, { name: "exit-code", stream: 7, values: { kind: 0, status: 3 } }),
  vector(wire.EXIT, { name: "exit-signal", stream: 11, values: { kind: 1, status: 9 } }),
  vector(wire.OUTWARD, { name: "outward", stream: 2, values: { port: 443, host: "example.org" } }),
  vector(wire.OUTWARD, { name: "outward-address", stream: 4, values: { port: 65_535, host: "2001:db8::1" } }),
  vector(wire.PROGRAM, { name: "program", stream: 2, values: { pid: 4_194_304, path: "/usr/bin/curl" } }),
  vector(wire.LOOKUP, { name: "lookup", stream: 0, values: { recordType: 28, name: "xn--grn-5na.example" } }),
  vector(wire.EVENT, { name: "event-memory", stream: 0, values: { kind: 1, count: 1 } }),
  vector(wire.EVENT, { name: "event-processes", stream: 0, values: { kind: 2, count: 65_537 } }),
  vector(wire.POWEROFF, { name: "poweroff", stream: 0, values: {} }),
];
