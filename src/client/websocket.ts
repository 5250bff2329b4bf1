import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type * as ws from "ws";
import { LARGEST_TOLD } from "./wire.ts";

const HANDSHAKE_MS = 5_000;

/** Nobody answers there. */
export interface Silence {
  readonly silent: true;
  readonly why: string | undefined;
}

/** @returns why there is no connection; `why` is undefined where no daemon runs */
export async function connect(socketPath: string, path: string): Promise<ws.WebSocket | Silence> {
  // Most often there is none, and nothing need be loaded to know it.
  if (!existsSync(socketPath)) return { silent: true, why: undefined };
  // Required, not imported: Node takes four times as long to import these CommonJS files.
  const { WebSocket: Socket } = createRequire(import.meta.url)("ws") as typeof ws;
  const socket = new Socket(`ws+unix:${socketPath}:${path}`, {
    maxPayload: LARGEST_TOLD,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_MS,
  });
  return await new Promise((resolve) => {
    socket.once("open", () => {
      resolve(socket);
    });
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      const isNone = cause.code === "ENOENT" || cause.code === "ECONNREFUSED";
      resolve({ silent: true, why: isNone ? undefined : `it does not answer (${cause.message})` });
    });
  });
}

/** The bytes of a message. */
export function bytesOf(data: ws.RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
