import { openUntrusted, type Untrusted } from "../foundation/index.ts";
import type { DeviceLayout } from "./vm-description.ts";

/** Control registers and what else tells a processor where the kernel is; names are QEMU's. */
export type Registers = ReadonlyMap<string, bigint>;

/** A full section of a stream: mark, section number, length and text of its name, instance, version. */
const FULL_SECTION = 4;

/**
 * The registers of each processor in a device state.
 * @returns undefined where it cannot be told: a processor's state is missing, cut off, or there twice (a guest may have
 * written something that looks like it into a device)
 */
export function processorsIn(
  state: Untrusted<Uint8Array>,
  layouts: readonly DeviceLayout[],
): readonly Registers[] | undefined {
  const raw = openUntrusted(state);
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const processors = layouts.flatMap((layout) => {
    const at = findOnly(bytes, layout);
    return at === undefined ? [] : [registersAt(bytes.subarray(at, at + layout.size), layout)];
  });
  return processors.length === layouts.length && layouts.length > 0 ? processors : undefined;
}

/** Where the only section of this processor has its fields. */
function findOnly(bytes: Buffer, { instance, version, size }: DeviceLayout): number | undefined {
  const name = Buffer.from("\u0003cpu", "latin1");
  const after = Buffer.alloc(8);
  after.writeUInt32BE(instance, 0);
  after.writeUInt32BE(version, 4);
  const end = Buffer.concat([name, after]);
  let found: number | undefined;
  for (let at = bytes.indexOf(end); at >= 0; at = bytes.indexOf(end, at + 1)) {
    const fields = at + end.length;
    if (bytes[at - 5] !== FULL_SECTION || fields + size > bytes.length) continue;
    if (found !== undefined) return undefined;
    found = fields;
  }
  return found;
}

function registersAt(bytes: Buffer, { fields }: DeviceLayout): Registers {
  const registers = new Map<string, bigint>();
  for (const [name, { offset, size }] of fields) {
    if (size === 8) registers.set(name, bytes.readBigUInt64BE(offset));
    else if (size === 4) registers.set(name, BigInt(bytes.readUInt32BE(offset)));
  }
  return registers;
}
