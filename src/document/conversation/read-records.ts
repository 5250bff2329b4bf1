import { ByteSource } from "./byte-source.ts";
import { RECORD_BYTES } from "./limits.ts";
import {
  PAGE_HEADER_BYTES,
  decodeJson,
  decodePage,
  lie,
  type ConverterRecord,
  type PageRecord,
} from "./record.ts";

const HEADER_BYTES = 5;

/**
 * Decodes a converter's output. Every length is checked before memory is taken for it; the memory of one page serves
 * all. Ends with the stream.
 * @throws E_GUEST_PROTOCOL where the guest does not keep to the protocol
 */
export async function* readRecords(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ConverterRecord> {
  const source = new ByteSource(stream);
  let memory = Buffer.alloc(0);
  while (!(await source.isAtEnd())) {
    const header = await source.take(HEADER_BYTES);
    const letter = header.toString("latin1", 0, 1);
    const length = header.readUInt32BE(1);
    if (letter === "P") yield await page(length);
    else yield decode(letter, await source.take(checked(letter, length)));
  }

  async function page(length: number): Promise<PageRecord> {
    if (length < PAGE_HEADER_BYTES) throw lie(`a page of ${length} bytes`);
    const facts = decodePage(await source.take(PAGE_HEADER_BYTES), length);
    const size = length - PAGE_HEADER_BYTES;
    if (memory.length < size) memory = Buffer.allocUnsafeSlow(size);
    const pixels = memory.subarray(0, size);
    await source.fill(pixels);
    return { kind: "page", ...facts, pixels };
  }
}

function checked(letter: string, length: number): number {
  const most = Object.hasOwn(RECORD_BYTES, letter) ? RECORD_BYTES[letter] : undefined;
  if (most === undefined) throw lie(`a record of unknown kind ${JSON.stringify(letter)}`);
  if (length > most) throw lie(`a record "${letter}" of ${length} bytes; ${most} are allowed`);
  return length;
}

function decode(letter: string, bytes: Buffer): ConverterRecord {
  switch (letter) {
    case "D":
      return { kind: "document", ...decodeJson("D", bytes) };
    case "N":
      return { kind: "note", ...decodeJson("N", bytes) };
    case "F":
      return { kind: "failure", ...decodeJson("F", bytes) };
    case "S":
      return { kind: "sheet", ...decodeJson("S", bytes) };
    case "R":
      return { kind: "rows", rows: decodeJson("R", bytes) };
    case "W":
      return { kind: "words", words: decodeJson("W", bytes) };
    case "T":
      return { kind: "text", bytes };
    default:
      return { kind: "end" };
  }
}
