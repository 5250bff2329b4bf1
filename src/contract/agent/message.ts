import { Reader, Writer } from "./bytes.ts";
import { HEADER_BYTES, MAX_PAYLOAD, writeHeader } from "./frame.ts";
import { struct, type Fields, type ReadOf, type Written } from "./struct.ts";
import { unsendable, violation } from "./violation.ts";

/** What the receiver of a message gets: `type` is the message's name, `body` its fields. */
export interface Decoded<N extends string, F extends Fields> {
  readonly type: N;
  readonly stream: number;
  readonly body: ReadOf<F>;
}

export interface Message<N extends string, F extends Fields> {
  readonly code: number;
  readonly name: N;
  readonly fields: F;
  /** Payload bytes, at least and at most: a frame's header is held against them before its payload is awaited. */
  readonly least: number;
  readonly most: number;
  /** The whole frame. Throws E_USAGE where a value does not fit the wire. */
  readonly encode: (stream: number, values: Written<F>) => Uint8Array;
  /** Throws E_GUEST_PROTOCOL where the payload is not exactly these fields. */
  readonly decode: (stream: number, payload: Uint8Array) => Decoded<N, F>;
}

/** Defines a message by its code on the wire, its name, and the table of its fields. */
export function message<const N extends string, F extends Fields>(
  code: number,
  name: N,
  fields: F,
): Message<N, F> {
  const payloads = struct(name, fields);
  const most = Math.min(MAX_PAYLOAD, payloads.most);
  return {
    code,
    name,
    fields,
    least: payloads.least,
    most,
    encode(stream, values) {
      const out = new Writer(HEADER_BYTES + Math.min(most, payloads.least + 256));
      writeHeader(out, { stream, code, length: 0 });
      payloads.write(out, values);
      const length = out.length - HEADER_BYTES;
      if (length > MAX_PAYLOAD) throw unsendable(`${name} has ${length} bytes, more than ${MAX_PAYLOAD}`);
      out.patch(0, length);
      return out.finish();
    },
    decode(stream, payload) {
      const from = new Reader(payload);
      const body = payloads.read(from);
      if (from.left > 0) throw violation(`${name} has ${from.left} bytes too many`);
      return { type: name, stream, body };
    },
  };
}
