import { openUntrusted, type Untrusted } from "../../foundation/untrusted.ts";
import { Reader, Writer } from "./bytes.ts";
import { between, bytes, list, strUpTo, u16, u32, u64, u8 } from "./fields.ts";
import { struct, type Written } from "./struct.ts";
import { violation } from "./violation.ts";

/** Microseconds since the task began by the guest's clock, and the process. */
const SEEN = { at: u64, pid: u32 };
const path = strUpTo(4096);
const words = strUpTo(1024);

/** What a WITNESS stream carries, by its number on the wire. */
const RECORDS = {
  1: record("fork", { ...SEEN, child: u32 }),
  2: record("exec", {
    ...SEEN,
    user: u32,
    origin: between(u8, 0, 2),
    argvBytes: u32,
    program: path,
    argv: list(strUpTo(4096)),
  }),
  3: record("exit", { ...SEEN, how: between(u8, 0, 1), status: u8 }),
  4: record("create", { ...SEEN, path }),
  5: record("write", { ...SEEN, path }),
  6: record("delete", { ...SEEN, path }),
  7: record("executable", { ...SEEN, path }),
  8: record("rename", { ...SEEN, path, to: path }),
  9: record("link", { ...SEEN, path, to: path }),
  10: record("listen", { ...SEEN, protocol: between(u8, 1, 3), port: u16, address: words }),
  11: record("credentials", { ...SEEN, from: u32, to: u32, call: words }),
  12: record("call", { ...SEEN, succeeded: between(u8, 0, 1), call: words, detail: words }),
  /** Of the program of the `exec`-th EXEC, from 1. */
  13: record("hash", { ...SEEN, exec: u32, sha256: bytes32() }),
  14: record("summary", { ...SEEN, gaps: u32, lost: u64, execs: u64, lives: u64, files: u64, calls: u64 }),
} as const;

/** Bits of a summary's `gaps`. */
export const WITNESS_GAP = { unwatched: 1, switchedOff: 2, tracingOff: 4, hashes: 8 } as const;

type Records = typeof RECORDS;
type RecordKind = keyof Records;
/** One record: `kind` tells which. Strings inside are still `Untrusted`. */
export type WitnessMessage = ReturnType<Records[RecordKind]["read"]>;

const LENGTH_BYTES = 2;
const MOST_BYTES = 65_535;

/** Decodes what a WITNESS stream carries, however it is cut. */
export class WitnessDecoder {
  private readonly buffer = new Uint8Array(LENGTH_BYTES + MOST_BYTES);
  private held = 0;
  private wanted = LENGTH_BYTES;

  /** Delivers each record that `data` completes. Throws E_GUEST_PROTOCOL. */
  read(data: Untrusted<Uint8Array>, deliver: (message: WitnessMessage) => void): void {
    const chunk = openUntrusted(data);
    for (let at = 0; at < chunk.length;) {
      const end = Math.min(chunk.length, at + this.wanted - this.held);
      this.buffer.set(chunk.subarray(at, end), this.held);
      this.held += end - at;
      at = end;
      if (this.held === LENGTH_BYTES) this.wanted = LENGTH_BYTES + Math.max(1, this.length());
      if (this.held === this.wanted && this.held > LENGTH_BYTES) deliver(this.take());
    }
  }

  private length(): number {
    return (this.buffer[0] ?? 0) + (this.buffer[1] ?? 0) * 256;
  }

  private take(): WitnessMessage {
    const kind = this.buffer[LENGTH_BYTES] ?? 0;
    if (!isKind(kind)) throw violation(`a witness's record of kind ${kind}`);
    const from = new Reader(this.buffer.subarray(LENGTH_BYTES + 1, this.wanted));
    const message = RECORDS[kind].read(from);
    if (from.left > 0) throw violation(`a witness's record has ${from.left} bytes too many`);
    this.held = 0;
    this.wanted = LENGTH_BYTES;
    return message;
  }
}

function isKind(kind: number): kind is RecordKind {
  return kind in RECORDS;
}

function record<const K extends string, F extends Parameters<typeof struct>[1]>(kind: K, fields: F) {
  const body = struct<F>(`witness ${kind}`, fields);
  return {
    write: (out: Writer, values: Written<F>): void => {
      body.write(out, values);
    },
    read: (from: Reader) => ({ kind, body: body.read(from) }),
  };
}

function bytes32() {
  return bytes(32, 32);
}

/** A record as an agent sends it: for tests and golden vectors. */
export function encodeWitnessRecord<K extends RecordKind>(
  kind: K,
  values: Parameters<Records[K]["write"]>[1],
): Uint8Array {
  const out = new Writer(256);
  out.int(2, 0);
  out.int(1, kind);
  (RECORDS[kind].write as (out: Writer, values: unknown) => void)(out, values);
  const length = out.length - LENGTH_BYTES;
  const frame = out.finish();
  frame[0] = length & 255;
  frame[1] = length >> 8;
  return frame;
}
