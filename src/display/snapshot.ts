import type { Duplex } from "node:stream";
import { MayflyError, within } from "../foundation/index.ts";
import { converse } from "./converse.ts";
import { GREETING_MS } from "./limits.ts";
import { RAW } from "./rfb/constants.ts";
import { frame, frameRequest, type Frame } from "./rfb/frame.ts";
import { greetGuest } from "./rfb/greeting.ts";

/**
 * Looks once at a guest's screen, by a connection of its own, which is closed.
 * @throws E_GUEST_PROTOCOL, E_GUEST_SILENT, E_CLOSED
 */
export async function snapshot(guest: Duplex): Promise<Frame> {
  const looking = async (): Promise<Frame> => {
    const size = await converse(greetGuest([RAW]), guest, guest);
    guest.write(frameRequest(size));
    return await converse(frame(size), guest, undefined);
  };
  try {
    return await within(looking(), GREETING_MS, {
      late: () => new MayflyError("E_GUEST_SILENT", "The guest's screen does not answer"),
    });
  } finally {
    guest.destroy();
  }
}
