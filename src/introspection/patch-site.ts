/** A place of the kernel's text that the kernel itself rewrites while it runs. */
export interface PatchSite {
  readonly kind: "jump label" | "static call";
  readonly from: bigint;
  readonly size: number;
  /** Whether the kernel itself could have written these `size` bytes here. */
  allows(bytes: Buffer): boolean;
}

/** Stands for a site's first byte while the kernel rewrites the others (text_poke_bp). */
export const BREAKPOINT = 0xcc;

/** `call` or `jmp` with a distance of 32 bits. */
export function branch(opcode: 0xe8 | 0xe9, from: bigint, target: bigint): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = opcode;
  bytes.writeInt32LE(Number(BigInt.asIntN(32, target - from - 5n)), 1);
  return bytes;
}

/** Value of a relative pointer that lies at `at`. */
export function relative(at: bigint, distance: number): bigint {
  return BigInt.asUintN(64, at + BigInt(distance));
}
