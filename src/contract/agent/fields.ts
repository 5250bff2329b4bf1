import { asUntrusted, type Untrusted } from "../../foundation/untrusted.ts";
import type { Reader, Writer } from "./bytes.ts";
import { utf8Decode, utf8Encode } from "./utf8.ts";
import { unsendable, violation } from "./violation.ts";

/** One value on the wire: how to write a `W`, and what reading it back gives. */
export interface Field<W, R = W> {
  /** Bytes it takes, at least and at most. */
  readonly least: number;
  readonly most: number;
  readonly write: (out: Writer, value: W) => void;
  readonly read: (from: Reader) => R;
}

export const u8 = unsigned(1);
export const u16 = unsigned(2);
export const u32 = unsigned(4);

export const u64: Field<bigint> = {
  least: 8,
  most: 8,
  write(out, value) {
    if (value < 0n || value >= 1n << 64n) throw unsendable(`${out.where} is not a 64-bit number: ${value}`);
    out.int(4, Number(value & 0xffff_ffffn));
    out.int(4, Number(value >> 32n));
  },
  read(from) {
    const low = BigInt(from.int(4));
    return low + (BigInt(from.int(4)) << 32n);
  },
};

/** A whole number from `low` to `high`, both allowed. */
export function between(field: Field<number>, low: number, high: number): Field<number> {
  return {
    ...field,
    write(out, value) {
      if (!(value >= low && value <= high))
        throw unsendable(`${out.where} is not ${low} … ${high}: ${value}`);
      field.write(out, value);
    },
    read(from) {
      const value = field.read(from);
      if (value < low || value > high) throw violation(`${from.where} is not ${low} … ${high}: ${value}`);
      return value;
    },
  };
}

/** `u32 length` and that many bytes, `low` … `high` of them. */
export function bytes(low: number, high: number): Field<Uint8Array, Untrusted<Uint8Array>> {
  return {
    least: 4 + low,
    most: 4 + high,
    write(out, value) {
      if (value.length < low || value.length > high) {
        throw unsendable(`${out.where} has ${value.length} bytes, not ${low} … ${high}`);
      }
      out.int(4, value.length);
      out.put(value);
    },
    read(from) {
      const length = from.int(4);
      if (length < low || length > high)
        throw violation(`${from.where} has ${length} bytes, not ${low} … ${high}`);
      return asUntrusted(from.take(length));
    },
  };
}

/** A string of at most `most` bytes, without NUL. Bytes that are not UTF-8 survive both ways: see `utf8.ts`. */
export function strUpTo(most: number): Field<string, Untrusted<string>> {
  return {
    least: 4,
    most: 4 + most,
    write(out, value) {
      const encoded = value.length <= most ? utf8Encode(value) : new Uint8Array(most + 1);
      if (encoded === undefined) throw unsendable(`${out.where} holds half a surrogate pair`);
      if (encoded.length > most) throw unsendable(`${out.where} is longer than ${most} bytes`);
      if (encoded.includes(0)) throw unsendable(`${out.where} holds a NUL character`);
      out.int(4, encoded.length);
      out.put(encoded);
    },
    read(from) {
      const length = from.int(4);
      if (length > most) throw violation(`${from.where} is longer than ${most} bytes: ${length}`);
      const raw = from.take(length);
      if (raw.includes(0)) throw violation(`${from.where} holds a NUL`);
      return asUntrusted(utf8Decode(raw));
    },
  };
}

/** A string that only its message's size bounds. */
export const str = strUpTo(65_532);

/** `u16 count` and that many items. The count is held against the bytes that are left before anything is made of it. */
export function list<W, R>(item: Field<W, R>): Field<readonly W[], readonly R[]> {
  return {
    least: 2,
    most: Number.POSITIVE_INFINITY,
    write(out, values) {
      if (values.length > 0xffff)
        throw unsendable(`${out.where} has ${values.length} items, more than 65,535`);
      out.int(2, values.length);
      for (const value of values) item.write(out, value);
    },
    read(from) {
      const count = from.int(2);
      if (count * item.least > from.left)
        throw violation(`${from.where} claims ${count} items, more than fit`);
      return Array.from({ length: count }, () => item.read(from));
    },
  };
}

/** All that is left of the payload, at least one byte; read without copying. */
export const rest: Field<Uint8Array, Untrusted<Uint8Array>> = {
  least: 1,
  most: Number.POSITIVE_INFINITY,
  write(out, value) {
    if (value.length === 0) throw unsendable(`${out.where} is empty`);
    out.put(value);
  },
  read: (from) => asUntrusted(from.take(from.left)),
};

function unsigned(size: 1 | 2 | 4): Field<number> {
  const high = 256 ** size - 1;
  return {
    least: size,
    most: size,
    write(out, value) {
      if (!Number.isInteger(value) || value < 0 || value > high) {
        throw unsendable(`${out.where} is not a whole number 0 … ${high}: ${value}`);
      }
      out.int(size, value);
    },
    read: (from) => from.int(size),
  };
}
