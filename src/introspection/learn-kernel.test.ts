import fc from "fast-check";
import * as v from "valibot";
import { expect, it } from "vitest";
import { KernelMap } from "./kernel-map.ts";
import { parseKernelMap } from "./learn-kernel.ts";

const SAID = `ffffffffbaa00000 T _text
ffffffffbb801ef1 T _etext
ffffffffbba00000 D __start_rodata
ffffffffbc227000 D __end_rodata
ffffffffbc80c000 D init_top_pgt
module virtio_blk 28672 1 - Live 0xffffffffc0012000
section virtio_blk/sections/.text 0xffffffffc0012000
section other/sections/.text 0xffffffffc0012000
ram 00001000-0009fbff : System RAM
ram 00100000-bfffffff : System RAM
ram   0b800000-0c601ef1 : Kernel code
ram 100000000-13fffffff : System RAM
meltdown Mitigation: PTI
`;

it("learns where a kernel is from what its guest prints", () => {
  const map = parseKernelMap(SAID);
  expect(map).toMatchObject({
    failure: "",
    modules: [
      {
        name: "virtio_blk",
        size: 28672,
        from: "ffffffffc0012000",
        sections: { ".text": "ffffffffc0012000" },
      },
    ],
    lowRam: 0xc0000000,
    splitTables: true,
  });
  expect(map.symbols["_text"]).toBe("ffffffffbaa00000");
});

it("says what a kernel hides", () => {
  expect(parseKernelMap(SAID.replace(/^f{8}\w+ T _etext$/m, "0000000000000000 T _etext")).failure).toContain(
    "_etext",
  );
});

it("makes a map of anything, that a manifest can hold", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(SAID.length), (text, at) => {
      const map = parseKernelMap(SAID.slice(0, at) + text + SAID.slice(at));
      expect(v.safeParse(KernelMap, JSON.parse(JSON.stringify(map))).success).toBe(true);
    }),
  );
});
