import { basename } from "node:path";
import { GIB, MayflyError, neutralise } from "../foundation/index.ts";

/** Bytes of a document that a browser hands over. */
export const LARGEST_DOCUMENT = GIB;

/** @throws E_INPUT_TOO_LARGE as soon as it is */
export async function* bounded(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > LARGEST_DOCUMENT)
      throw new MayflyError("E_INPUT_TOO_LARGE", "The document is larger than 1 GiB", {
        next: "Open it with `mayfly open`, which reads it from its place.",
      });
    yield chunk;
  }
}

/** A browser's word, which becomes part of a file's name. */
export function fileName(name: string): string {
  const plain = basename(neutralise(name, 200).replace(/[\\/]/g, "_"));
  return plain === "" || plain === "." || plain === ".." ? "document" : plain;
}
