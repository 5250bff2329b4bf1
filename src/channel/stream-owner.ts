import type { Link } from "./link.ts";
import type { StreamHandler } from "./multiplexer.ts";

/** What an operation needs of the connection: a link, and streams. */
export interface StreamOwner extends Link {
  /** The number of a new stream. Throws the reason where the connection is over. */
  readonly open: (handler: StreamHandler) => number;
  /** Sends the frame that begins the streams just opened; where it cannot be made, they are closed again. */
  readonly begin: (streams: readonly number[], request: () => Uint8Array) => void;
  /** Forgets a stream: whatever still comes for it is late. */
  readonly close: (stream: number) => void;
}
