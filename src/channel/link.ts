/** What a stream needs of its connection. */
export interface Link {
  /** Sends a frame, which must not change until `flushed` is called: when the system has taken it. */
  readonly send: (frame: Uint8Array, flushed?: () => void) => void;
  /** A frame that stands for DATA of `payload`, which lies where the guest can read it; undefined: send DATA. */
  readonly shelve: (stream: number, payload: Uint8Array) => Uint8Array | undefined;
  /** True while much waits for the guest to read. */
  readonly busy: () => boolean;
  /**
   * Takes up to `bytes` of what all windows together may grow, and says how many; fewer than none gives them back.
   */
  readonly widen: (bytes: number) => number;
  /** Runs `work` when all bytes of the guest that are at hand have been decoded. */
  readonly afterChunk: (work: () => void) => void;
}
