import { chmodSync, lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { ListenOptions } from "node:net";
import { dirname } from "node:path";
import { MayflyError, attempt, errnoOf, makeDirectory } from "../foundation/index.ts";

/**
 * Where a server listens. `port`: of 127.0.0.1, 0 for any that is free. `socket`: path of a unix socket, in a directory that
 * is its user's alone; a socket that is there is replaced, so hold a lock. `descriptor`: a unix socket that listens already.
 */
export type Address =
  { readonly port: number } | { readonly socket: string } | { readonly descriptor: number };

const HOST = "127.0.0.1";

/** The longest path that a unix socket may have on Linux. */
const LONGEST_PATH = 107;

/**
 * Listens, on nothing but this machine and for nobody else.
 * @returns the port, undefined for a unix socket
 * @throws E_USAGE for a path that is too long, E_IN_USE for a port that is taken, E_STORE_UNWRITABLE, E_ACCESS for a socket that others may use
 */
export async function listen(server: Server, address: Address): Promise<number | undefined> {
  if ("socket" in address) makeRoom(address.socket);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(describeFailure(cause, address));
    });
    server.listen(optionsOf(address), resolve);
  });
  if ("socket" in address) chmodSync(address.socket, 0o600);
  if ("descriptor" in address) {
    requireOwn(pathOf(address.descriptor));
    return undefined;
  }
  const bound = server.address();
  if (typeof bound === "string") {
    requireOwn(bound);
    return undefined;
  }
  if (bound?.address !== HOST) throw open(`the address ${bound?.address ?? "unknown"}`);
  return bound.port;
}

/** Undoes what `listen` made. */
export function removeSocket(address: Address): void {
  if ("socket" in address)
    attempt(() => {
      rmSync(address.socket, { force: true });
    }, "gone already");
}

function optionsOf(address: Address): ListenOptions & { fd?: number } {
  if ("port" in address) return { host: HOST, port: address.port, exclusive: true };
  return "socket" in address ? { path: address.socket } : { fd: address.descriptor };
}

function makeRoom(path: string): void {
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new MayflyError("E_USAGE", `The path of the socket is longer than ${LONGEST_PATH} bytes: ${path}`, {
      next: "Name a shorter directory in MAYFLY_RUNTIME or XDG_RUNTIME_DIR.",
    });
  const directory = dirname(path);
  makeDirectory(directory, 0o700);
  requireOwn(directory);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() === true) rmSync(path);
}

/** Where a unix socket is that was handed to us: Node knows it of its own ones only. What is no unix socket has no place. */
function pathOf(descriptor: number): string {
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  const fields = lines.map((line) => line.split(/ +/)).find((each) => each[6] === inode);
  return fields?.[7] ?? "a socket that is no file";
}

/** Who may reach the file is who may ask: its owner alone. An abstract socket (no file) is everybody's. */
function requireOwn(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) throw open(path);
}

function open(what: string): MayflyError {
  return new MayflyError("E_ACCESS", `Others could use ${what}`, {
    next: "Listen on 127.0.0.1, or on a unix socket of yours (mode 0600) in a directory of yours (mode 0700).",
  });
}

function describeFailure(cause: Error, address: Address): MayflyError {
  const errno = errnoOf(cause) ?? "unknown";
  if ("port" in address)
    return new MayflyError("E_IN_USE", `Port ${address.port} of 127.0.0.1 cannot be listened on: ${errno}`, {
      cause,
      next: "Name another port, or 0 for any that is free.",
    });
  const what = "socket" in address ? address.socket : `descriptor ${address.descriptor}`;
  return new MayflyError("E_STORE_UNWRITABLE", `The socket ${what} cannot be listened on: ${errno}`, {
    cause,
    next: "Make its directory writable for you.",
  });
}
