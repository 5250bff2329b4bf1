import * as v from "valibot";

const address = v.pipe(v.string(), v.regex(/^[0-9a-f]{1,16}$/));

/** Where the parts of a template's kernel lie, asked of the guest before anything untrusted ran in it. Addresses are virtual, hex. */
export const KernelMap = v.object({
  /** Why nothing was learnt; empty where all was. */
  failure: v.string(),
  symbols: v.record(v.string(), address),
  modules: v.array(
    v.object({
      name: v.string(),
      from: address,
      size: v.number(),
      /** Of tables of places that the kernel patches, with their addresses. */
      sections: v.record(v.string(), address),
    }),
  ),
  /** Guest-physical address up to which RAM is where its file has it; the rest begins at 4 GiB. */
  lowRam: v.number(),
  /** Whether user programs run on page tables of their own (page-table isolation). */
  splitTables: v.boolean(),
});

export type KernelMap = v.InferOutput<typeof KernelMap>;

export function unknownKernel(failure: string): KernelMap {
  return { failure, symbols: {}, modules: [], lowRam: 0, splitTables: false };
}
