/** What a stream needs of its connection. */
export interface Link {
  /** Sends a frame, which must not change until `flushed` is called: when the system has taken it. */
  readonly send: (frame: Uint8Array, flushed?: () => void) => void;
  /** True while much waits for the guest to read. */
  readonly busy: () => boolean;
  /** Runs `work` when all bytes of the guest that are at hand have been decoded. */
  readonly afterChunk: (work: () => void) => void;
}
