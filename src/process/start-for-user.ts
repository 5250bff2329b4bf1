import { spawn } from "node:child_process";

/**
 * Starts a program that is the user's and not ours: it outlives us, and what it says goes nowhere.
 * @returns whether it could be started
 */
export async function startForUser(argv: readonly string[]): Promise<boolean> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { detached: true, stdio: "ignore" });
  child.unref();
  return await new Promise<boolean>((resolve) => {
    child.once("error", () => {
      resolve(false);
    });
    child.once("spawn", () => {
      resolve(true);
    });
  });
}
