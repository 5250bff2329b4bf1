import type { Socket } from "node:net";
import type { StreamNote } from "./stream-note.ts";

/** What passes on one stream, for a capture. */
export interface StreamTrace {
  readonly fromGuest: (bytes: Uint8Array) => void;
  readonly toGuest: (bytes: Uint8Array) => void;
  /** A line in NSS key log format. */
  readonly secret: (line: string) => void;
  readonly end: () => void;
}

/** Records streams. */
export interface Capture {
  readonly begin: (note: StreamNote, peer: Socket) => StreamTrace;
  readonly refused: (note: StreamNote, reason: string) => void;
}
