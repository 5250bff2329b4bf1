import { openUntrusted } from "../../foundation/untrusted.ts";
import { FrameReader, type Frame, type Header } from "./frame.ts";
import { CREDIT, DATA, END, ERROR, EVENT, EXIT, LOOKUP, OK, OUTWARD, PROGRAM } from "./messages.ts";
import { READY, RESET, ROOM } from "./messages.ts";
import { violation } from "./violation.ts";

const FROM_GUEST = [
  ...[READY, OK, ERROR, DATA, END, CREDIT, RESET, EXIT],
  ...[OUTWARD, EVENT, PROGRAM, LOOKUP, ROOM],
] as const;

type FromGuest = (typeof FROM_GUEST)[number];

/** What a guest may say. `type` tells which; strings and bytes inside are still `Untrusted`. */
export type GuestMessage = ReturnType<FromGuest["decode"]>;

const BY_CODE: readonly (FromGuest | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  FROM_GUEST.find((message) => message.code === code),
);

/** Messages about the connection itself, which alone may use stream 0 and may use no other. ERROR may use any. */
const ON_STREAM_0: ReadonlySet<string> = new Set([READY.name, EVENT.name, LOOKUP.name, ROOM.name]);

/**
 * The one door for a guest's bytes: cuts `read` chunks into frames, decodes each and delivers the message. DATA that
 * arrives in pieces is delivered in pieces, so nobody may rely on its boundaries. Throws E_GUEST_PROTOCOL at the
 * first byte that breaks a rule which can be judged without knowing what was said before.
 */
export function guestMessages(deliver: (message: GuestMessage) => void): FrameReader {
  return new FrameReader(admitFromGuest, (frame) => {
    deliver(decodeFromGuest(frame));
  });
}

function decodeFromGuest(frame: Frame): GuestMessage {
  return messageOf(frame.code).decode(frame.stream, openUntrusted(frame.payload));
}

function admitFromGuest({ code, stream, length }: Header): "whole" | "pieces" {
  const message = messageOf(code);
  if (length < message.least || length > message.most) {
    throw violation(`${message.name} of ${length} bytes, not ${message.least} … ${message.most}`);
  }
  if (message !== ERROR && (stream === 0) !== ON_STREAM_0.has(message.name)) {
    throw violation(`${message.name} on stream ${stream}`);
  }
  return message === DATA ? "pieces" : "whole";
}

function messageOf(code: number): FromGuest {
  const message = BY_CODE[code];
  if (message === undefined) throw violation(`type 0x${code.toString(16)}, which no guest may send`);
  return message;
}
