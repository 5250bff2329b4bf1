import { branch, relative, type PatchSite } from "./patch-site.ts";

/** `struct jump_entry`: distances to code and target (32 bits each), and to the key. */
const ENTRY = 16;
const MOST_ENTRIES = 65_536;

const NOP2 = Buffer.from("6690", "hex");
const NOP5 = Buffer.from("0f1f440000", "hex");

/**
 * The jump labels of a table: each holds nothing but its no-operation or the jump to its own target, in 2 or 5 bytes as in
 * the template.
 * @param from virtual address of the table
 * @param textAt five bytes of the template's text; undefined outside it, as for labels of freed code
 */
export function jumpLabels(
  table: Buffer,
  from: bigint,
  textAt: (address: bigint) => Buffer | undefined,
): PatchSite[] {
  const sites: PatchSite[] = [];
  for (let at = 0; at + ENTRY <= table.length && at < MOST_ENTRIES * ENTRY; at += ENTRY) {
    const entry = from + BigInt(at);
    const code = relative(entry, table.readInt32LE(at));
    const target = relative(entry + 4n, table.readInt32LE(at + 4));
    const now = textAt(code);
    const site = now === undefined ? undefined : labelAt(code, target, now);
    if (site !== undefined) sites.push(site);
  }
  return sites;
}

function labelAt(code: bigint, target: bigint, now: Buffer): PatchSite | undefined {
  const long = branch(0xe9, code, target);
  const distance = BigInt.asIntN(64, target - code - 2n);
  const isNear = distance >= -128n && distance <= 127n;
  const short = isNear ? Buffer.from([0xeb, Number(BigInt.asUintN(8, distance))]) : undefined;
  const forms = [[NOP5, long], ...(short === undefined ? [] : [[NOP2, short]])];
  const form = forms.find((pair) => pair.some((bytes) => bytes.equals(now.subarray(0, bytes.length))));
  const size = form?.[0]?.length;
  if (form === undefined || size === undefined) return undefined;
  return { kind: "jump label", from: code, size, allows: (bytes) => form.some((each) => each.equals(bytes)) };
}
