import { BULK, MAX_PAYLOAD, SHELF_SLOTS, violation } from "../contract/agent/index.ts";

/** Smaller payloads go through the port as they are. */
const LEAST_BYTES = 32_768;

/** Memory that the guest can read. */
export interface ShelfMemory {
  /** False where that is not possible (any more). */
  put(bytes: Uint8Array, at: number): boolean;
}

/** The slots of that memory, each of MAX_PAYLOAD bytes, used in turn. The guest says how many of them are free. */
export class Shelf {
  readonly #memory: ShelfMemory | undefined;
  #next = 0;
  #free = 0;

  constructor(memory: ShelfMemory | undefined) {
    this.#memory = memory;
  }

  /** ROOM came. Throws E_GUEST_PROTOCOL. */
  grant(slots: number): void {
    this.#free += slots;
    if (this.#free > SHELF_SLOTS) throw violation(`ROOM for more than ${SHELF_SLOTS} slots`);
  }

  /** The frame that stands for DATA of `payload`, which lies there now; undefined where it must go as DATA. */
  place(stream: number, payload: Uint8Array): Uint8Array | undefined {
    if (this.#free === 0 || payload.length < LEAST_BYTES) return undefined;
    if (this.#memory?.put(payload, this.#next * MAX_PAYLOAD) !== true) return undefined;
    const slot = this.#next;
    this.#free--;
    this.#next = (slot + 1) % SHELF_SLOTS;
    return BULK.encode(stream, { slot, length: payload.length });
  }
}
