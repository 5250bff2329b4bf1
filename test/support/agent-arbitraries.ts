import fc from "fast-check";
import * as wire from "../../src/contract/agent/index.ts";

/** How much fuzzing: inputs of one property. MAYFLY_FUZZ_RUNS raises it. */
export function fuzzRuns(usual: number): number {
  return Math.max(usual, Number(process.env["MAYFLY_FUZZ_RUNS"] ?? 0));
}

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt(0n, (1n << 64n) - 1n);
const zeroless = (bytes: Uint8Array): string => wire.utf8Decode(bytes.filter((byte) => byte !== 0));
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.uint8Array({ maxLength }).map(zeroless), // any bytes: file names are
    fc.string({ maxLength: Math.floor(maxLength / 16) }).map((value) => zeroless(Buffer.from(value))),
  );
const str = text(200);

/** Values for every message, by its name. */
export const VALUES = {
  HELLO: fc.record({ oldest: u16, newest: u16 }),
  READY: fc.record({ version: u16, kernel: text(256) }),
  IDENTITY: fc.record({
    realtime: u64,
    hostname: str,
    machineId: str,
    bootId: str,
    entropy: fc.uint8Array({ minLength: 32, maxLength: 512 }),
  }),
  OK: fc.constant({}),
  ERROR: fc.record({ code: u16, errno: u16, message: text(300) }),
  EXEC: fc.record({
    stderrStream: u32,
    flags: u8,
    rows: u16,
    columns: u16,
    user: str,
    cwd: str,
    argv: fc.array(str, { maxLength: 20 }),
    env: fc.array(str, { maxLength: 20 }),
  }),
  PUT: fc.record({ mode: u32, flags: u8, owner: str, path: str }),
  GET: fc.record({ path: str }),
  LIST: fc.record({ maxEntries: u32, maxDepth: u16, path: str }),
  CONNECT: fc.record({ kind: fc.integer({ min: 1, max: 2 }), port: u16, path: str }),
  LIMITS: fc.record({ memoryBytes: u64, processes: u32 }),
  SEAL: fc.record({ path: str }),
  DATA: fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
  END: fc.constant({}),
  CREDIT: fc.record({ bytes: u32 }),
  RESET: fc.record({ code: u16 }),
  SIGNAL: fc.record({ signal: fc.integer({ min: 1, max: 64 }) }),
  RESIZE: fc.record({ rows: u16, columns: u16 }),
  EXIT: fc.record({ kind: fc.nat(1), status: u8 }),
  OUTWARD: fc.record({ port: u16, host: text(255) }),
  PROGRAM: fc.record({ pid: u32, path: text(1024) }),
  WITNESS: fc.record({ execs: u32, lives: u32, files: u32, calls: u32 }),
  LOOKUP: fc.record({ recordType: u16, name: text(255) }),
  EVENT: fc.record({ kind: fc.integer({ min: 1, max: 2 }), count: u32 }),
  POWEROFF: fc.constant({}),
} as const;

/** Streams of which most are open in the fuzzed connection. */
const stream = fc.oneof(
  { weight: 8, arbitrary: fc.nat(15) },
  { weight: 1, arbitrary: fc.nat(wire.MAX_STREAM) },
);

const record = fc
  .record({
    kind: fc.constantFrom("file", "directory", "symlink", "other"),
    mode: fc.nat(0o10000),
    size: u64,
    path: fc.oneof(fc.constantFrom("a", "a/b", "a/b/c", "..", "a//b", "/etc"), str),
  })
  .map(wire.encodeRecord);

function frames<V>(
  values: fc.Arbitrary<V>,
  encode: (stream: number, values: V) => Uint8Array,
): fc.Arbitrary<Uint8Array> {
  return fc.tuple(stream, values).map(([number, value]) => encode(number, value));
}

const data = fc.oneof(
  VALUES.DATA,
  record.map((bytes) => ({ bytes })),
);
const small = fc.oneof(fc.record({ bytes: fc.nat(100_000) }), VALUES.CREDIT);

/** Whole frames that a guest may send, in any order and on any stream. */
export const guestFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  frames(VALUES.OK, wire.OK.encode),
  frames(VALUES.ERROR, wire.ERROR.encode),
  { weight: 4, arbitrary: frames(data, wire.DATA.encode) },
  { weight: 2, arbitrary: frames(VALUES.END, wire.END.encode) },
  frames(small, wire.CREDIT.encode),
  frames(VALUES.RESET, wire.RESET.encode),
  frames(VALUES.EXIT, wire.EXIT.encode),
  frames(VALUES.OUTWARD, wire.OUTWARD.encode),
  frames(VALUES.PROGRAM, wire.PROGRAM.encode),
  VALUES.LOOKUP.map((lookup) => wire.LOOKUP.encode(0, lookup)),
  VALUES.EVENT.map((event) => wire.EVENT.encode(0, event)),
  VALUES.READY.map((ready) => wire.READY.encode(0, ready)),
);

const on = (
  number: number,
  ...kinds: ((stream: number) => fc.Arbitrary<Uint8Array>)[]
): fc.Arbitrary<Uint8Array> => fc.oneof(...kinds.map((kind) => kind(number)));
const ok = (number: number): fc.Arbitrary<Uint8Array> => fc.constant(wire.OK.encode(number, {}));
const end = (number: number): fc.Arbitrary<Uint8Array> => fc.constant(wire.END.encode(number, {}));
const bytes = (number: number): fc.Arbitrary<Uint8Array> =>
  VALUES.DATA.map((v) => wire.DATA.encode(number, v));
const records = (number: number): fc.Arbitrary<Uint8Array> =>
  record.map((v) => wire.DATA.encode(number, { bytes: v }));
const credit = (number: number): fc.Arbitrary<Uint8Array> =>
  fc.nat(100_000).map((v) => wire.CREDIT.encode(number, { bytes: v }));
const exit = (number: number): fc.Arbitrary<Uint8Array> =>
  VALUES.EXIT.map((v) => wire.EXIT.encode(number, v));

const open = (number: number): fc.Arbitrary<Uint8Array> =>
  VALUES.OUTWARD.map((v) => wire.OUTWARD.encode(number, v));
const program = (number: number): fc.Arbitrary<Uint8Array> =>
  VALUES.PROGRAM.map((v) => wire.PROGRAM.encode(number, v));
const reset = (number: number): fc.Arbitrary<Uint8Array> =>
  VALUES.RESET.map((v) => wire.RESET.encode(number, v));

/**
 * Frames that fit the streams of the fuzzed connection: call 1, process 3 and 5, put 7, list 9, connect 11, get 13,
 * and of the guest 2 and 4.
 */
export const likelyFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  on(1, ok),
  on(3, bytes, bytes, bytes, credit, end, exit),
  on(5, bytes, bytes, end),
  on(7, credit, ok),
  on(9, records, records, records, end),
  on(11, ok, bytes, bytes, credit, end),
  on(13, bytes, bytes, end),
  on(2, open, program, bytes, bytes, credit, end, reset),
  on(4, open, program, bytes, credit, end),
  VALUES.EVENT.map((event) => wire.EVENT.encode(0, event)),
);
