import { sleep } from "../../foundation/index.ts";

/** How long a terminal may take to answer what a guest asked it just before its end. */
const ANSWERS_MS = 60;

/**
 * Gives every key to the guest, Ctrl-C too, until the returned function is called. The mode is also restored when the
 * process ends in any way that lets it run code.
 */
export function enterRawMode(): () => Promise<void> {
  const { stdin } = process;
  if (!stdin.isTTY)
    return async () => {
      await Promise.resolve();
    };
  const restore = (): void => {
    stdin.setRawMode(false);
  };
  stdin.setRawMode(true);
  process.once("exit", restore);
  return async () => {
    await dropAnswers();
    restore();
    process.removeListener("exit", restore);
  };
}

/** Answers of the terminal to a guest's questions must not arrive as keys at the user's shell. */
async function dropAnswers(): Promise<void> {
  if (process.stdin.destroyed) return;
  process.stdin.on("data", () => undefined).resume();
  await sleep(ANSWERS_MS);
  process.stdin.pause();
}
