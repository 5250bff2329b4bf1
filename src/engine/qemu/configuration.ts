import { MayflyError } from "../../foundation/index.ts";

/** Markers of QEMU's migration stream: `migration/savevm.h` and `savevm.c` of QEMU. */
const HEADER_BYTES = 8; // "QEVM" and a version
const CONFIGURATION = 0x07;
const SUBSECTION = 0x05;
const END = 0x00;

/**
 * Makes of a device state without RAM (`xen-save-devices-state`) one that can be loaded: that command leaves out the section
 * which says what kind of machine it is of; it is the one that the machine itself was loaded with.
 * @param loaded the state that the machine was loaded from, made by QEMU before anything untrusted ran
 * @throws E_TEMPLATE where that has no such section
 */
export function withConfiguration(saved: Uint8Array, loaded: Uint8Array): Uint8Array {
  const configuration = loaded.subarray(HEADER_BYTES, endOfConfiguration(Buffer.from(loaded)));
  return Buffer.concat([saved.subarray(0, HEADER_BYTES), configuration, saved.subarray(HEADER_BYTES)]);
}

/** `07 u32 length, name`, then subsections `05 u8 length, name, u32 version`, of which one is known: capabilities. */
function endOfConfiguration(state: Buffer): number {
  if (state[HEADER_BYTES] !== CONFIGURATION) throw unreadable();
  let at = HEADER_BYTES + 1;
  at += 4 + state.readUInt32BE(at);
  while (state[at] === SUBSECTION) {
    const name = state.toString("latin1", at + 2, at + 2 + state.readUInt8(at + 1));
    if (name !== "configuration/capabilities") throw unreadable();
    at += 2 + name.length + 4;
    const count = state.readUInt32BE(at);
    at += 4;
    for (let done = 0; done < count; done++) at += 1 + state.readUInt8(at);
  }
  if (at >= state.length || state[at] === END) throw unreadable();
  return at;
}

function unreadable(): MayflyError {
  return new MayflyError("E_TEMPLATE", "The template's device state does not begin as QEMU writes it");
}
