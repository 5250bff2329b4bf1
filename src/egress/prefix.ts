const MOST_PIECES = 64;

/** The beginning of what passes, gathered until it can be read. An honest one comes in a few pieces. */
export class Prefix {
  bytes: Uint8Array = new Uint8Array(0);
  #pieces = 0;

  /** True as long as more may be added: a guest that sends byte by byte must not have us read again each time. */
  add(piece: Uint8Array): boolean {
    this.bytes = this.bytes.length === 0 ? piece : Buffer.concat([this.bytes, piece]);
    return ++this.#pieces < MOST_PIECES;
  }
}
