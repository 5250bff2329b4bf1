import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddressSpace, PAGE, ramPlace } from "./address-space.ts";

const KERNEL = 0xffff_ffff_8000_0000n;
const MEMORY = 64 * PAGE;
const reader =
  (memory: Buffer) =>
  (at: number, length: number): Buffer | undefined =>
    at + length <= memory.length ? memory.subarray(at, at + length) : undefined;

interface Rights {
  readonly writable: boolean;
  readonly executable: boolean;
  readonly user: boolean;
}
interface Page extends Rights {
  readonly frame: number;
}

/** Memory whose first pages are tables that map `pages` (by number, from KERNEL on) with small pages. */
function mapping(pages: ReadonlyMap<number, Page>, levels: 4 | 5): AddressSpace {
  const memory = Buffer.alloc(MEMORY);
  for (let at = levels * PAGE; at < MEMORY; at += 8) memory.writeBigUInt64LE(BigInt(at), at);
  const all = 7n;
  for (let level = levels; level > 1; level--) {
    const index = Number((KERNEL >> BigInt(12 + 9 * (level - 1))) & 511n);
    memory.writeBigUInt64LE(BigInt((levels - level + 1) * PAGE) | all, (levels - level) * PAGE + index * 8);
  }
  for (const [page, { frame, writable, executable, user }] of pages) {
    const rights = 1n | (writable ? 2n : 0n) | (user ? 4n : 0n) | (executable ? 0n : 1n << 63n);
    memory.writeBigUInt64LE(BigInt(frame * PAGE) | rights, (levels - 1) * PAGE + page * 8);
  }
  return new AddressSpace(reader(memory), { root: 0n, levels });
}

const page = fc.record({
  frame: fc.integer({ min: 5, max: MEMORY / PAGE - 1 }),
  writable: fc.boolean(),
  executable: fc.boolean(),
  user: fc.boolean(),
});
const pages = fc
  .uniqueArray(fc.tuple(fc.nat(200), page), { selector: ([number]) => number })
  .map((list) => new Map(list));

describe("an address space", () => {
  it("finds each page where its tables put it, with its rights, joined or not", () => {
    fc.assert(
      fc.property(pages, fc.constantFrom(4 as const, 5 as const), (wanted, levels) => {
        const found = new Map<number, Page>();
        for (const extent of mapping(wanted, levels).extents(KERNEL, 512 * PAGE)) {
          const { writable, executable, user } = extent;
          for (let at = 0; at < extent.length; at += PAGE)
            found.set(Number(extent.from - KERNEL + BigInt(at)) / PAGE, {
              frame: (extent.physical + at) / PAGE,
              writable,
              executable,
              user,
            });
        }
        expect(found).toEqual(new Map([...wanted].sort(([a], [b]) => a - b)));
      }),
    );
  });

  it("reads across pages, and nothing where one is missing", () => {
    const rights = { writable: false, executable: true, user: false };
    const space = mapping(
      new Map([
        [0, { frame: 9, ...rights }],
        [1, { frame: 7, ...rights }],
      ]),
      4,
    );
    const bytes = space.read(KERNEL + 4088n, 16);
    expect(bytes?.readBigUInt64LE(0)).toBe(BigInt(9 * PAGE + 4088));
    expect(bytes?.readBigUInt64LE(8)).toBe(BigInt(7 * PAGE));
    expect(space.read(KERNEL + 8184n, 16)).toBeUndefined();
  });

  it("joins large pages with small ones that go on where they end", () => {
    const memory = Buffer.alloc(8 * 2 ** 20);
    const set = (table: number, index: number, entry: bigint): void => {
      memory.writeBigUInt64LE(entry, table * PAGE + index * 8);
    };
    set(0, 511, 0x1003n);
    set(1, 510, 0x2003n);
    set(2, 0, BigInt(2 ** 21) | 0x83n);
    set(2, 1, 0x3003n);
    set(3, 0, BigInt(2 ** 22) | 3n);
    const space = new AddressSpace(reader(memory), { root: 0n, levels: 4 });
    expect(space.extents(KERNEL + 4096n, 2 ** 21)).toEqual([
      {
        from: KERNEL + 4096n,
        length: 2 ** 21,
        physical: 2 ** 21 + 4096,
        writable: true,
        executable: true,
        user: false,
      },
    ]);
  });

  it("comes to an end with any tables, even those that lead to themselves", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: PAGE, maxLength: PAGE }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (raw, root) => {
          const memory = Buffer.concat([raw, raw, raw]);
          const space = new AddressSpace(reader(memory), { root, levels: 5 });
          expect(space.extents(KERNEL, 40 * PAGE).length).toBeLessThanOrEqual(41);
          space.read(KERNEL, 100);
        },
      ),
    );
  });
});

it("puts what does not fit below 4 GiB above it", () => {
  const [low, size] = [3 * 2 ** 30, 5 * 2 ** 30];
  expect(ramPlace(4096, low, size)).toBe(4096);
  expect(ramPlace(low, low, size)).toBeUndefined();
  expect(ramPlace(4 * 2 ** 30, low, size)).toBe(low);
  expect(ramPlace(6 * 2 ** 30 - 1, low, size)).toBe(size - 1);
  expect(ramPlace(6 * 2 ** 30, low, size)).toBeUndefined();
});
