import * as v from "valibot";
import { MayflyError } from "../../foundation/index.ts";
import { LONGEST_SIDE, MOST_PIXELS, MOST_WORDS } from "./limits.ts";

/** What a converter says, decoded: shapes and ranges are checked, strings are as the guest wrote them. */
export type ConverterRecord =
  | { readonly kind: "document"; readonly format: string; readonly pages: number | null }
  | { readonly kind: "note"; readonly code: string; readonly detail: string }
  | { readonly kind: "failure"; readonly code: string; readonly detail: string }
  | PageRecord
  | { readonly kind: "words"; readonly words: readonly WordBox[] }
  | { readonly kind: "text"; readonly bytes: Uint8Array }
  | { readonly kind: "sheet"; readonly name: string }
  | { readonly kind: "rows"; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: "end" };

/** `pixels` holds exactly width × height × 3 bytes and is overwritten by the next page. */
export interface PageRecord {
  readonly kind: "page";
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly dpi: number;
  readonly pixels: Uint8Array;
}

/** Text, left, top, width, height. */
export type WordBox = readonly [string, number, number, number, number];

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31));
const label = v.pipe(v.string(), v.maxLength(1_000));
const Said = v.strictObject({ code: v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,39}$/)), detail: label });

const SCHEMAS = {
  D: v.strictObject({ format: v.pipe(v.string(), v.regex(/^[a-z0-9]{1,8}$/)), pages: v.nullable(count) }),
  N: Said,
  F: Said,
  S: v.strictObject({ name: label }),
  R: v.array(v.array(v.string())),
  W: v.pipe(v.array(v.strictTuple([label, count, count, count, count])), v.maxLength(MOST_WORDS)),
};

/** Decodes the JSON of a record. @throws E_GUEST_PROTOCOL */
export function decodeJson<L extends keyof typeof SCHEMAS>(
  letter: L,
  bytes: Uint8Array,
): v.InferOutput<(typeof SCHEMAS)[L]> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw lie(`a record "${letter}" that is not JSON`, cause);
  }
  const parsed = v.safeParse(SCHEMAS[letter], value);
  if (!parsed.success) throw lie(`a record "${letter}" with ${parsed.issues[0].message}`);
  return parsed.output;
}

export const PAGE_HEADER_BYTES = 16;

/** Decodes what comes before the pixels. @throws E_GUEST_PROTOCOL for numbers out of range, before anything is allocated */
export function decodePage(header: Buffer, length: number): Omit<PageRecord, "kind" | "pixels"> {
  const [number, width, height, dpi] = [0, 4, 8, 12].map((at) => header.readUInt32BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  if (
    width < 1 ||
    height < 1 ||
    width > LONGEST_SIDE ||
    height > LONGEST_SIDE ||
    width * height > MOST_PIXELS
  )
    throw lie(`a page of ${width} × ${height} pixels; ${MOST_PIXELS} in all are allowed`);
  if (dpi < 1 || dpi > 10_000) throw lie(`a page of ${dpi} dots per inch`);
  if (length !== PAGE_HEADER_BYTES + width * height * 3)
    throw lie(`${length} bytes for a page of ${width} × ${height} pixels`);
  return { number, width, height, dpi };
}

/** What goes before the pixels of a page that is sent to be read. */
export function pageHeader({ number, width, height, dpi, pixels }: PageRecord): Buffer {
  const header = Buffer.alloc(5 + PAGE_HEADER_BYTES);
  header.write("P", "latin1");
  header.writeUInt32BE(PAGE_HEADER_BYTES + pixels.length, 1);
  [number, width, height, dpi].forEach((value, index) => header.writeUInt32BE(value, 5 + index * 4));
  return header;
}

/** The guest did not keep to the protocol: it is broken or hostile, and nothing more of it is believed. */
export function lie(what: string, cause?: unknown): MayflyError {
  return new MayflyError("E_GUEST_PROTOCOL", `The converter sent ${what}`, {
    cause,
    next: "The document may have taken over its micro-VM, which is destroyed; do not open it elsewhere.",
  });
}
