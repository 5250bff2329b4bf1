import type { KernelChange, KernelCheck, KernelPart } from "../contract/index.ts";

const MOST_CHANGES = 32;
const MOST_BYTES = 32;

/** Gathers what is not as it was in one part of the kernel. */
export class PartCheck {
  readonly part: KernelPart;
  readonly #changes: KernelChange[] = [];
  #count = 0;

  constructor(part: KernelPart) {
    this.part = part;
  }

  changed(place: string, expected: Buffer | bigint | string, found: Buffer | bigint | string): void {
    if (++this.#count <= MOST_CHANGES)
      this.#changes.push({ place, expected: hex(expected), found: hex(found) });
  }

  /** @param detail what was compared */
  done(detail: string): KernelCheck {
    return {
      part: this.part,
      state: this.#count === 0 ? "intact" : "changed",
      detail,
      changes: this.#changes,
      changesOmitted: this.#count - this.#changes.length,
    };
  }
}

export function unchecked(part: KernelPart, detail: string): KernelCheck {
  return { part, state: "unchecked", detail, changes: [], changesOmitted: 0 };
}

export function hexAddress(address: bigint | number): string {
  return `0x${address.toString(16)}`;
}

function hex(value: Buffer | bigint | string): string {
  if (typeof value === "string") return value;
  return typeof value === "bigint" ? hexAddress(value) : value.toString("hex", 0, MOST_BYTES);
}

/** A count with thousands separated, for people. */
export function count(value: number, unit: string): string {
  return `${value.toLocaleString("en")} ${unit}${value === 1 ? "" : "s"}`;
}
