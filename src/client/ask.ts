import { request } from "node:http";
import * as v from "valibot";
import { ERROR_CODES, MIB, MayflyError, attempt, errnoOf, type ErrorCode } from "../foundation/index.ts";

const PATIENCE_MS = 10_000;
const LARGEST_ANSWER = 16 * MIB;

/**
 * Asks the daemon for something by its unix socket.
 * @returns what it answers, undefined where no daemon runs
 * @throws what the daemon failed with; E_DAEMON where it does not answer, or not as it should
 */
export async function askDaemon<S extends v.GenericSchema>(
  socketPath: string,
  {
    method,
    path,
    answer,
  }: { readonly method: "GET" | "POST" | "DELETE"; readonly path: string; readonly answer: S },
): Promise<v.InferOutput<S> | undefined> {
  const text = await exchange(socketPath, method, path);
  if (text === undefined) return undefined;
  const value = attempt(() => JSON.parse(text) as unknown, "told below");
  const { Failure } = await import("../contract/api/index.ts"); // most that load this ask for a job
  const failure = v.safeParse(Failure, value);
  if (failure.success) {
    const { code, message, next } = failure.output.error;
    const known = (code in ERROR_CODES ? code : "E_INTERNAL") as ErrorCode;
    throw new MayflyError(known, message, next === null ? {} : { next });
  }
  const parsed = v.safeParse(answer, value);
  if (parsed.success) return parsed.output;
  throw broken("it says what is not understood");
}

async function exchange(socketPath: string, method: string, path: string): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    const asked = request({
      socketPath,
      method,
      path,
      headers: { host: "mayfly" },
      timeout: PATIENCE_MS,
      agent: false,
    });
    asked.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > LARGEST_ANSWER) asked.destroy(broken("it says too much"));
        else chunks.push(chunk);
      });
      response.on("end", () => {
        resolve(Buffer.concat(chunks).toString("utf8"));
      });
    });
    asked.on("timeout", () => {
      asked.destroy(broken("it does not answer"));
    });
    asked.on("error", (cause) => {
      if (["ENOENT", "ECONNREFUSED"].includes(errnoOf(cause) ?? "")) resolve(undefined);
      else reject(cause instanceof MayflyError ? cause : broken(cause.message));
    });
    asked.end();
  });
}

function broken(why: string): MayflyError {
  return new MayflyError("E_DAEMON", `The daemon cannot be used: ${why}`, {
    next: "End it (`mayfly down`, or its process) and start it again: mayfly up --detach.",
  });
}
