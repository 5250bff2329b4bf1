import { spawn } from "node:child_process";
import { MayflyError } from "../foundation/index.ts";

export interface DetachedOptions {
  /** Descriptor that gets its standard output and error; default: they go nowhere. */
  readonly log?: number | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Starts a program that outlives us, in a session of its own and in `/`.
 * @returns what it writes to its descriptor 3, until it closes that
 * @throws E_INTERNAL where it cannot be started
 */
export async function startDetached(
  [program, ...words]: readonly [string, ...string[]],
  { log, env = process.env }: DetachedOptions = {},
): Promise<string> {
  const child = spawn(program, words, {
    cwd: "/",
    detached: true,
    env,
    stdio: ["ignore", log ?? "ignore", log ?? "ignore", "pipe"],
  });
  child.unref();
  const said = child.stdio[3];
  return await new Promise((resolve, reject) => {
    let text = "";
    said?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    said?.on("close", () => {
      resolve(text);
    });
    child.on("error", (cause) => {
      reject(new MayflyError("E_INTERNAL", `Could not start ${program}: ${cause.message}`, { cause }));
    });
  });
}
