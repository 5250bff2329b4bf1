import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asUntrusted, isMayflyError } from "../../foundation/index.ts";
import { encodeWitnessRecord, WitnessDecoder, type WitnessMessage } from "./index.ts";

const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const name = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes("\0"));
const seen = { at: u64, pid: u32 };

/** Whole records of every shape, whatever their times and processes. */
const record = fc.oneof(
  fc.record({ ...seen, child: u32 }).map((values) => encodeWitnessRecord(1, values)),
  fc
    .record({
      ...seen,
      user: u32,
      origin: fc.nat(2),
      argvBytes: u32,
      program: name,
      argv: fc.array(name, { maxLength: 8 }),
    })
    .map((values) => encodeWitnessRecord(2, values)),
  fc.record({ ...seen, how: fc.nat(1), status: fc.nat(255) }).map((values) => encodeWitnessRecord(3, values)),
  fc.record({ ...seen, path: name }).map((values) => encodeWitnessRecord(5, values)),
  fc.record({ ...seen, path: name, to: name }).map((values) => encodeWitnessRecord(8, values)),
  fc
    .record({ ...seen, exec: u32, sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }) })
    .map((values) => encodeWitnessRecord(13, values)),
);

function decode(bytes: Uint8Array, cut: number): WitnessMessage[] {
  const decoder = new WitnessDecoder();
  const told: WitnessMessage[] = [];
  for (let at = 0; at < bytes.length; at += cut)
    decoder.read(asUntrusted(bytes.subarray(at, at + cut)), (message) => told.push(message));
  return told;
}

function fault(bytes: Uint8Array, cut = bytes.length): unknown {
  try {
    decode(bytes, Math.max(1, cut));
  } catch (error) {
    return error;
  }
  return undefined;
}

const isViolation = (error: unknown): boolean => isMayflyError(error) && error.code === "E_GUEST_PROTOCOL";

describe("what a witness says", () => {
  it("is the same however it is cut", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (records, cut) => {
        const bytes = Buffer.concat(records);
        const whole = decode(bytes, Math.max(1, bytes.length));
        expect(whole).toHaveLength(records.length);
        expect(decode(bytes, cut)).toEqual(whole);
      }),
    );
  });

  it("is refused as a violation, or understood, where it is damaged; nothing else happens", () => {
    const damaged = fc.tuple(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(damaged, fc.integer({ min: 1, max: 50 }), ([records, place, byte], cut) => {
        const bytes = Buffer.concat(records);
        bytes[place % bytes.length] = byte;
        const error = fault(bytes, cut);
        expect(error === undefined || isViolation(error)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("is refused, or waited for, where it is noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const error = fault(bytes, 7);
        expect(error === undefined || isViolation(error)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  const fork = [...encodeWitnessRecord(1, { at: 1n, pid: 2, child: 3 })];
  const exec = [
    ...encodeWitnessRecord(2, {
      ...{ at: 1n, pid: 2, user: 0, origin: 0, argvBytes: 0 },
      ...{ program: "/a", argv: [] },
    }),
  ];
  const with16 = (bytes: readonly number[], at: number, value: number): number[] =>
    bytes.map((byte, i) => (i === at ? value & 255 : i === at + 1 ? value >> 8 : byte));
  it.each([
    ["a length of nothing", [0, 0, 1]],
    ["a kind that there is not", [1, 0, 99]],
    ["a kind of nought", [1, 0, 0]],
    ["a length that is short of its fields", with16(fork, 0, fork.length - 3).slice(0, -1)],
    ["a length that is beyond its fields", [...with16(fork, 0, fork.length - 1), 0]],
    ["words that are not there", with16(exec, exec.length - 2, 65_535)],
    ["a path that is longer than its record", with16(exec, exec.length - 8, 4000)],
    ["a path that is longer than any", with16(exec, exec.length - 8, 5000)],
    ["an origin that there is not", with16(exec, 19, 3)],
  ])("is refused with %s", (_what, bytes) => {
    expect(isViolation(fault(Uint8Array.from(bytes)))).toBe(true);
  });

  it("takes no memory for a length that is only claimed", () => {
    expect(decode(Uint8Array.from([255, 255, 1]), 3)).toEqual([]);
  });
});
