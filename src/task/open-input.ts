/** An input that is open, so that what was checked is what is read. */
export interface OpenInput {
  readonly name: string;
  /** Mode of the file in the guest. */
  readonly mode: number;
  /** Bytes; 0 where that is not known before it is read. */
  readonly size: number;
  /** Its content, once. */
  read(): Promise<Buffer | AsyncIterable<Uint8Array>>;
  /** @throws E_INPUT_CHANGED where what was read is not what was opened */
  verify(bytes: number): Promise<void>;
  close(): Promise<void>;
}
