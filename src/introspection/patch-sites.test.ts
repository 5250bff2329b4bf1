import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jumpLabels } from "./jump-labels.ts";
import { branch, relative } from "./patch-site.ts";
import { readStaticCalls, staticCallSite, trampolinesIn, type StaticCallFacts } from "./static-calls.ts";

const TEXT = 0xffff_ffff_8100_0000n;
const TABLE = 0xffff_ffff_8200_0000n;
const NOP2 = Buffer.from("6690", "hex");
const NOP5 = Buffer.from("0f1f440000", "hex");

function jumpTable(code: bigint, target: bigint): Buffer {
  const table = Buffer.alloc(16);
  table.writeInt32LE(Number(code - TABLE), 0);
  table.writeInt32LE(Number(target - TABLE - 4n), 4);
  return table;
}

describe("a jump label", () => {
  it("of five bytes may hold its no-operation or the jump to its own target, nothing else", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(2 ** 23), fc.nat(2 ** 23), fc.boolean()),
        fc.uint8Array({ minLength: 5, maxLength: 5 }),
        ([at, to, isOn], other) => {
          const [code, target] = [TEXT + BigInt(at), TEXT + BigInt(to)];
          const jump = branch(0xe9, code, target);
          const [site] = jumpLabels(jumpTable(code, target), TABLE, () => (isOn ? jump : NOP5));
          expect(site).toMatchObject({ from: code, size: 5 });
          expect([site?.allows(NOP5), site?.allows(jump)]).toEqual([true, true]);
          const bytes = Buffer.from(other);
          expect(site?.allows(bytes)).toBe(bytes.equals(NOP5) || bytes.equals(jump));
          expect(site?.allows(branch(0xe9, code, target + 1n))).toBe(false);
          expect(site?.allows(branch(0xe8, code, target))).toBe(false);
        },
      ),
    );
  });

  it("of two bytes likewise", () => {
    const code = TEXT + 100n;
    const table = jumpTable(code, code - 20n);
    const [site] = jumpLabels(table, TABLE, () => Buffer.concat([NOP2, Buffer.from([1, 2, 3])]));
    expect(site?.size).toBe(2);
    expect(site?.allows(Buffer.from([0xeb, 256 - 22]))).toBe(true);
    expect(site?.allows(NOP2)).toBe(true);
    expect(site?.allows(Buffer.from([0xeb, 256 - 21]))).toBe(false);
  });

  it("of code that is no more, or of bytes that are none, is none", () => {
    expect(jumpLabels(jumpTable(TEXT, TEXT + 9n), TABLE, () => undefined)).toEqual([]);
    expect(jumpLabels(jumpTable(TEXT, TEXT + 9n), TABLE, () => Buffer.from("4889e54889", "hex"))).toEqual([]);
  });

  it("table of any bytes breaks nothing", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (bytes) => void jumpLabels(Buffer.from(bytes), TABLE, () => NOP5),
      ),
    );
  });
});

describe("a static call", () => {
  const [code, key] = [TEXT + 64n, TABLE + 4096n];
  const facts = (target: bigint | undefined): StaticCallFacts => ({
    functionOf: () => target,
    isText: (address) => address >= TEXT && address < TEXT + 0x10000n,
    returnZero: TEXT + 512n,
    returnThunk: TEXT + 768n,
  });
  const allows = (target: bigint | undefined, bytes: Buffer): boolean =>
    staticCallSite(code, [key], facts(target)).allows(bytes);

  it("is read from its table", () => {
    const table = Buffer.alloc(8);
    table.writeInt32LE(Number(code - TABLE), 0);
    table.writeInt32LE(Number(key - TABLE - 4n) | 1, 4);
    expect([...readStaticCalls(table, TABLE)]).toEqual([{ code, key }]);
  });

  it("may lead to the function that its key names, if that is the kernel's", () => {
    const target = TEXT + 1024n;
    expect(allows(target, branch(0xe8, code, target))).toBe(true);
    expect(allows(target, branch(0xe9, code, target))).toBe(true);
    expect(allows(target, branch(0xe8, code, target + 16n))).toBe(false);
    expect(allows(target, NOP5)).toBe(false);
    const elsewhere = TEXT + 0x20000n;
    expect(allows(elsewhere, branch(0xe8, code, elsewhere))).toBe(false);
    expect(allows(undefined, branch(0xe8, code, target))).toBe(false);
  });

  it("may be left out where its key names nothing, or a function that returns 0", () => {
    expect(allows(0n, NOP5)).toBe(true);
    expect(allows(0n, Buffer.from("c3cccccccc", "hex"))).toBe(true);
    expect(allows(0n, branch(0xe9, code, TEXT + 768n))).toBe(true);
    expect(allows(TEXT + 512n, Buffer.from("2e2e2e31c0", "hex"))).toBe(true);
    expect(allows(TEXT + 1024n, Buffer.from("2e2e2e31c0", "hex"))).toBe(false);
  });

  it("has trampolines, which are known by what follows their jump", () => {
    const page = Buffer.alloc(4096, 0xcc);
    branch(0xe9, TEXT + 8n, TEXT + 2048n).copy(page, 8);
    page.write("0fb9cc", 13, "hex");
    page.write("0fb9cc", 102, "hex");
    page.write("0fb9cc", 0, "hex");
    expect(trampolinesIn(TEXT, page)).toEqual([{ code: TEXT + 8n, target: TEXT + 2048n }]);
  });
});

it("counts relative pointers from where they are, around the end of the address space too", () => {
  expect(relative(8n, -16)).toBe(2n ** 64n - 8n);
  expect(branch(0xe9, TEXT, TEXT - 1n).readInt32LE(1)).toBe(-6);
});
