import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asUntrusted } from "../foundation/index.ts";
import { processorsIn } from "./processor-state.ts";
import { layoutsOf, type DeviceLayout } from "./vm-description.ts";

const CPU = {
  name: "cpu",
  instance_id: 0,
  version: 12,
  fields: [
    { name: "env.regs", array_len: 2, type: "uint64", size: 8 },
    {
      name: "env.gdt",
      type: "struct",
      size: 12,
      struct: {
        fields: [
          { name: "base", size: 8 },
          { name: "limit", size: 4 },
        ],
      },
    },
    { name: "env.lstar", type: "uint64", size: 8 },
  ],
};

function described(devices: unknown): Buffer {
  const json = Buffer.from(JSON.stringify({ page_size: 4096, devices }));
  const head = Buffer.alloc(5);
  head[0] = 6;
  head.writeUInt32BE(json.length, 1);
  return Buffer.concat([Buffer.from("QEVM…{ state"), head, json]);
}

function section(instance: number, lstar: bigint): Buffer {
  const bytes = Buffer.alloc(17 + 36);
  bytes[0] = 4;
  bytes.write("\u0003cpu", 5, "latin1");
  bytes.writeUInt32BE(instance, 9);
  bytes.writeUInt32BE(12, 13);
  bytes.writeBigUInt64BE(0xabcn, 17 + 16);
  bytes.writeUInt32BE(127, 17 + 24);
  bytes.writeBigUInt64BE(lstar, 17 + 28);
  return bytes;
}

const layouts = layoutsOf(described([{ name: "timer", instance_id: 0, version: 2 }, CPU]), "cpu");

describe("a description", () => {
  it("tells where each field lies, structures too", () => {
    const [layout] = layouts;
    expect(layout).toMatchObject({ instance: 0, version: 12, size: 36 });
    expect(Object.fromEntries(layout?.fields ?? [])).toMatchObject({
      "env.regs": { offset: 0, size: 16 },
      "env.gdt.base": { offset: 16, size: 8 },
      "env.gdt.limit": { offset: 24, size: 4 },
      "env.lstar": { offset: 28, size: 8 },
    });
  });

  it("that is broken tells nothing, and breaks nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.json(), (bytes, json) => {
        expect(layoutsOf(bytes, "cpu")).toEqual([]);
        expect(layoutsOf(described(JSON.parse(json)), "cpu")).toEqual([]);
      }),
    );
  });
});

describe("registers", () => {
  const read = (bytes: Uint8Array, of: readonly DeviceLayout[] = layouts): ReturnType<typeof processorsIn> =>
    processorsIn(asUntrusted(bytes), of);

  it("are those of each processor, wherever its section is", () => {
    const second = { ...layouts[0], instance: 1 } as DeviceLayout;
    fc.assert(
      fc.property(fc.uint8Array(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (noise, lstar) => {
        const state = Buffer.concat([noise, section(0, lstar), noise, section(1, 7n), noise]);
        const found = read(state, [...layouts, second]);
        expect(found?.map((each) => each.get("env.lstar"))).toEqual([lstar, 7n]);
        expect(found?.[0]?.get("env.gdt.base")).toBe(0xabcn);
        expect(found?.[0]?.get("env.gdt.limit")).toBe(127n);
      }),
    );
  });

  it("are not believed where a section is missing, cut off or there twice", () => {
    const whole = section(0, 1n);
    expect(read(Buffer.from("QEVM"))).toBeUndefined();
    expect(read(whole.subarray(0, -1))).toBeUndefined();
    expect(read(Buffer.concat([whole, section(0, 2n)]))).toBeUndefined();
    expect(read(whole, [])).toBeUndefined();
  });

  it("of anything at all are told or not, but never break", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => void read(bytes)));
  });
});
