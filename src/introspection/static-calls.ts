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
/** Marks a trampoline, after its jump (`ud1 %esp,%ecx`). */
const MARK = Buffer.from("0fb9cc", "hex");

/** Where a static call is, and the key that says where it leads. */
export interface StaticCall {
  readonly code: bigint;
  readonly key: bigint;
}

export interface StaticCallFacts {
  /** What a key points to now: the function that its calls lead to; undefined where it cannot be read. */
  readonly functionOf: (key: bigint) => bigint | undefined;
  /** Whether an address is in the kernel's text. */
  readonly isText: (address: bigint) => boolean;
  /** Addresses of `__static_call_return0` and of `__x86_return_thunk`. */
  readonly returnZero: bigint | undefined;
  readonly returnThunk: bigint | undefined;
}

/** The entries of a table of static calls. */
export function* readStaticCalls(table: Buffer, from: bigint): Generator<StaticCall> {
  for (let at = 0; at + ENTRY <= table.length && at < MOST_ENTRIES * ENTRY; at += ENTRY) {
    const entry = from + BigInt(at);
    yield {
      code: relative(entry, table.readInt32LE(at)),
      key: relative(entry + 4n, table.readInt32LE(at + 4) & ~FLAGS),
    };
  }
}

/** A call leads to the function that its key names now, which is in the kernel's own text, or is left out where the key names none. */
export function staticCallSite(code: bigint, keys: readonly bigint[], facts: StaticCallFacts): PatchSite {
  return {
    kind: "static call",
    from: code,
    size: 5,
    allows: (bytes) =>
      keys.some((key) => formsOf(code, facts.functionOf(key), facts).some((form) => form.equals(bytes))),
  };
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

/** The trampolines in a page of the template's text, and where each leads there. Most have no entry in any table. */
export function trampolinesIn(address: bigint, page: Buffer): { code: bigint; target: bigint }[] {
  const found: { code: bigint; target: bigint }[] = [];
  for (let at = page.indexOf(MARK); at >= 0; at = page.indexOf(MARK, at + 1)) {
    const start = at - 5;
    if (start < 0 || start % 4 !== 0 || page[start] !== 0xe9) continue;
    const code = address + BigInt(start);
    found.push({ code, target: relative(code + 5n, page.readInt32LE(start + 1)) });
  }
  return found;
}
