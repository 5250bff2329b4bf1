import { ERROR_CODES, MayflyError, errnoOf } from "../../foundation/index.ts";

const OUTPUTS = [
  { stream: process.stdout, name: "standard output" },
  { stream: process.stderr, name: "standard error" },
] as const;

/** Status of a program whose reader went away (128 + SIGPIPE). */
const READER_LOST = 141;

/** Why each output could not be written: the first failure, as those that follow come of it. */
const failures = new Map<NodeJS.WriteStream, string>();

/** `mayfly run … | head` is no failure: a reader that goes away is noted and nothing is said. */
export function watchOutputs(): void {
  for (const { stream } of OUTPUTS)
    stream.on("error", (cause: Error) => {
      if (!failures.has(stream)) failures.set(stream, errnoOf(cause) ?? cause.message);
    });
  // A terminal that was closed gives read errors.
  process.stdin.on("error", () => undefined);
}

/** The exit status that lost output asks for; undefined where nothing was lost. */
export function lostOutputStatus(): number | undefined {
  if (unwritten() !== undefined) return ERROR_CODES.E_DISK_FULL.exit;
  return failures.size > 0 ? READER_LOST : undefined;
}

/** What to tell of output that could not be written although somebody waits for it. */
export function lostOutputError(): MayflyError | undefined {
  const lost = unwritten();
  return lost === undefined
    ? undefined
    : new MayflyError("E_DISK_FULL", `Could not write ${lost.name}: ${failures.get(lost.stream) ?? ""}`, {
        next: "Make room where it goes, or send it elsewhere, and run the command again.",
      });
}

function unwritten(): (typeof OUTPUTS)[number] | undefined {
  return OUTPUTS.find(({ stream }) => failures.has(stream) && failures.get(stream) !== "EPIPE");
}

/** Settles when everything that was written has left this process: pipes are written in the background. */
export async function flushed(): Promise<void> {
  await Promise.all(
    OUTPUTS.map(async ({ stream }) => {
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
  // A failed write is told one turn later.
  await new Promise((resolve) => setImmediate(resolve));
}
