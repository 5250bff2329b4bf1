import { between, bytes, list, rest, str, strUpTo, u16, u32, u64, u8 } from "./fields.ts";
import { message } from "./message.ts";

/** The messages of docs/protocol.md: one table gives type, encoder and decoder of each. Who may send what: `decode.ts`. */

// the connection
export const HELLO = message(0x01, "HELLO", { oldest: u16, newest: u16 });
export const READY = message(0x02, "READY", { version: u16, kernel: strUpTo(256) });
export const IDENTITY = message(0x03, "IDENTITY", {
  realtime: u64,
  hostname: str,
  machineId: str,
  bootId: str,
  entropy: bytes(32, 512),
});
export const OK = message(0x04, "OK", {});
export const ERROR = message(0x05, "ERROR", { code: u16, errno: u16, message: strUpTo(4096) });

// what opens a stream
export const EXEC = message(0x10, "EXEC", {
  stderrStream: u32,
  flags: u8,
  rows: u16,
  columns: u16,
  user: str,
  cwd: str,
  argv: list(str),
  env: list(str),
});
export const PUT = message(0x11, "PUT", { mode: u32, flags: u8, owner: str, path: str });
export const GET = message(0x12, "GET", { path: str });
export const LIST = message(0x13, "LIST", { maxEntries: u32, maxDepth: u16, path: str });
export const CONNECT = message(0x14, "CONNECT", { kind: between(u8, 1, 2), port: u16, path: str });
export const LIMITS = message(0x15, "LIMITS", { memoryBytes: u64, processes: u32 });
export const SEAL = message(0x16, "SEAL", { path: str });
export const WITNESS = message(0x17, "WITNESS", { execs: u32, lives: u32, files: u32, calls: u32 });

// what runs on one
export const DATA = message(0x20, "DATA", { bytes: rest });
export const END = message(0x21, "END", {});
export const CREDIT = message(0x22, "CREDIT", { bytes: u32 });
export const RESET = message(0x23, "RESET", { code: u16 });
export const SIGNAL = message(0x24, "SIGNAL", { signal: between(u8, 1, 64) });
export const RESIZE = message(0x25, "RESIZE", { rows: u16, columns: u16 });
export const BULK = message(0x27, "BULK", { slot: u16, length: u32 });
export const EXIT = message(0x26, "EXIT", { kind: between(u8, 0, 1), status: u8 });

// what the guest begins, and the end
export const OUTWARD = message(0x30, "OUTWARD", { port: u16, host: strUpTo(255) });
export const EVENT = message(0x31, "EVENT", { kind: between(u8, 1, 2), count: u32 });
export const POWEROFF = message(0x32, "POWEROFF", {});
export const PROGRAM = message(0x33, "PROGRAM", { pid: u32, path: strUpTo(1024) });
export const LOOKUP = message(0x34, "LOOKUP", { recordType: u16, name: strUpTo(255) });

export const ROOM = message(0x35, "ROOM", { slots: u16 });

/** Numbers within the messages. */
export const EXEC_PTY = 1;
export const PUT_MAKE_PARENTS = 1;
export const CONNECT_TCP = 1;
export const CONNECT_UNIX = 2;
export const EXITED = 0;
export const EVENT_MEMORY = 1;

/** Codes of ERROR and RESET. */
export const GUEST_ERROR = {
  badRequest: 1,
  notFound: 2,
  notPermitted: 3,
  notExecutable: 4,
  noSpace: 5,
  overLimit: 6,
  refused: 7,
  io: 8,
  exists: 9,
  unsupported: 10,
} as const;

/** Every version that this host speaks. */
export const OLDEST_VERSION = 1;
export const NEWEST_VERSION = 1;
