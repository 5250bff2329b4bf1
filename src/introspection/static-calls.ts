import { branch, relative, type PatchSite } from "./patch-site.ts";

/** `struct static_call_site` and `struct static_call_tramp_key`: distances to the code and to the key, 32 bits each. */
const ENTRY = 8;
const MOST_ENTRIES = 65_536;
/** In the distance to the key: tail call, code of the boot. */
const FLAGS = 3;

const NOP5 = Buffer.from("0f1f440000", "hex");
const RETURN = Buffer.from("c3cccccccc", "hex");
/** `xor %eax,%eax`, padded: a call of a function that only returns 0. */
const ZERO = Buffer.from("2e2e2e31c0", "hex");

export interface StaticCallFacts {
  /** What a key points to now: the function that its calls lead to; undefined where it cannot be read. */
  readonly functionOf: (key: bigint) => bigint | undefined;
  /** Whether an address is in the kernel's text, as it is in the template. */
  readonly isText: (address: bigint) => boolean;
  /** Addresses of `__static_call_return0` and of `__x86_return_thunk`. */
  readonly returnZero: bigint | undefined;
  readonly returnThunk: bigint | undefined;
}

/**
 * The static calls of a table (call sites or trampolines): each leads to the function that its key names now, which is
 * in the kernel's own text, or is left out where the key names none.
 */
export function staticCalls(table: Buffer, from: bigint, facts: StaticCallFacts): PatchSite[] {
  const sites: PatchSite[] = [];
  for (let at = 0; at + ENTRY <= table.length && at < MOST_ENTRIES * ENTRY; at += ENTRY) {
    const entry = from + BigInt(at);
    const code = relative(entry, table.readInt32LE(at));
    const key = relative(entry + 4n, table.readInt32LE(at + 4) & ~FLAGS);
    if (facts.isText(code))
      sites.push({
        kind: "static call",
        from: code,
        size: 5,
        allows: (bytes) => formsOf(code, facts.functionOf(key), facts).some((form) => form.equals(bytes)),
      });
  }
  return sites;
}

function formsOf(code: bigint, target: bigint | undefined, facts: StaticCallFacts): Buffer[] {
  if (target === undefined) return [];
  if (target === 0n) {
    const thunk = facts.returnThunk;
    return [NOP5, RETURN, ...(thunk === undefined ? [] : [branch(0xe9, code, thunk)])];
  }
  if (!facts.isText(target)) return [];
  const direct = [branch(0xe8, code, target), branch(0xe9, code, target)];
  return target === facts.returnZero ? [ZERO, ...direct] : direct;
}
