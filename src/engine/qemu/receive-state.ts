import { chmodSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { MIB, MayflyError, deferred } from "../../foundation/index.ts";

/** Device state is some 60 KiB; more than this is not one of ours. */
export const LARGEST_STATE = 16 * MIB;

export interface StateReceiver extends AsyncDisposable {
  /** Settles when QEMU has sent everything and closed. */
  readonly state: Promise<Uint8Array>;
}

/** Listens on `state.sock` in `directory` (which the jail shows to QEMU) for one stream of device state. */
export async function receiveState(directory: string): Promise<StateReceiver> {
  const state = deferred<Uint8Array>();
  const server = createServer((socket) => {
    const chunks: Buffer[] = [];
    let size = 0;
    socket.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > LARGEST_STATE)
        socket.destroy(new MayflyError("E_TEMPLATE", `Device state is over ${LARGEST_STATE} bytes`));
      else chunks.push(chunk);
    });
    socket.on("error", (cause) => {
      state.reject(cause);
    });
    socket.on("end", () => {
      state.resolve(Buffer.concat(chunks));
    });
  });
  // Through a descriptor, as a socket's path may have 107 bytes only (unix(7)) and stores lie deep.
  const handle = await open(directory, "r");
  const path = `/proc/self/fd/${handle.fd}/state.sock`;
  await listen(server, path);
  chmodSync(path, 0o666); // the directory is for QEMU's user and us alone
  return {
    state: state.promise,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      await handle.close();
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}
