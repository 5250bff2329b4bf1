const OUTPUTS = [process.stdout, process.stderr];
let lost = false;

/** `mayfly run … | head` is no failure: a reader that goes away is noted and nothing is said. */
export function ignoreLostReaders(): void {
  for (const stream of OUTPUTS)
    stream.on("error", () => {
      lost = true;
    });
  // A terminal that was closed gives read errors.
  process.stdin.on("error", () => undefined);
}

/** Whether the reader of an output of ours went away. */
export function readerLost(): boolean {
  return lost;
}

/** Settles when everything that was written has left this process: pipes are written in the background. */
export async function flushed(): Promise<void> {
  await Promise.all(
    OUTPUTS.map(async (stream) => {
      if (stream.destroyed || stream.writableLength === 0) return;
      await new Promise<void>((resolve) => {
        stream.once("error", () => {
          resolve();
        });
        stream.write("", () => {
          resolve();
        });
      });
    }),
  );
}
