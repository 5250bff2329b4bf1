/** `texts` holds if any of them does; `bytes` and `time` may be written with a unit. */
export type FieldType = "text" | "texts" | "number" | "bytes" | "time" | "flag";

export interface Field {
  readonly type: FieldType;
  /** For people; `docs/rules.md` shows it. */
  readonly about: string;
}

export type Fields = Readonly<Record<string, Field>>;

const field = (type: FieldType, about: string): Field => ({ type, about });

/** Of everything that a process did. */
const PROCESS: Fields = {
  pid: field("number", "process in the guest"),
  program: field("text", "path of the program that did it; of `exec`, the program that was started"),
  name: field("texts", "the program's last path component, and its own first word"),
  parent: field("text", "name of the program that ran in this process before, else of its parent"),
  ancestor: field("texts", "names of all programs above it"),
};
const FILE_AFTERWARDS = field(
  "text",
  "the file that is there afterwards; of `exec`, the program: what `same: file` compares",
);
const FILE: Fields = { ...PROCESS, path: field("text", "path of the file"), file: FILE_AFTERWARDS };

/** All that rules can speak of: events and the fields of each. Adding to it is adding an entry and its fact. */
export const VOCABULARY: Readonly<Record<string, { readonly about: string; readonly fields: Fields }>> = {
  exec: {
    about: "a program was started",
    fields: {
      ...PROCESS,
      file: FILE_AFTERWARDS,
      command: field("text", "its words, joined by spaces; the first 2,048 characters"),
      word: field("texts", "its words"),
      user: field("number", "user id that it runs as; 0 is root"),
      origin: field("text", "`image`, `changed` (made or changed here) or `memory` (no file)"),
      sha256: field("text", "digest of the program"),
    },
  },
  fork: {
    about: "a process was made",
    fields: { ...PROCESS, alive: field("number", "processes that are alive then") },
  },
  exit: {
    about: "a process ended",
    fields: {
      ...PROCESS,
      code: field("number", "its exit status"),
      signal: field("number", "the signal that ended it"),
    },
  },
  create: { about: "a file was made", fields: FILE },
  write: { about: "a file was written to", fields: FILE },
  delete: { about: "a file was deleted", fields: FILE },
  executable: { about: "a file was given a mode that lets it be run", fields: FILE },
  rename: {
    about: "a file was renamed",
    fields: {
      ...FILE,
      to: field("text", "its new path"),
      added: field("text", "what was added to the end of its name: `.locked`"),
    },
  },
  link: {
    about: "a file was given another name",
    fields: { ...FILE, to: field("text", "the other name") },
  },
  listen: {
    about: "a program waits for connections",
    fields: {
      ...PROCESS,
      protocol: field("text", "`tcp`, `udp` or `unix`"),
      address: field("text", "its address, or the path of a unix socket"),
      port: field("number", "0 for unix sockets"),
    },
  },
  credentials: {
    about: "users or rights were changed",
    fields: {
      ...PROCESS,
      call: field("text", "system call, or `exec` for a program with setuid"),
      from: field("number", "user id before"),
      to: field("number", "user id after"),
    },
  },
  call: {
    about: "a system call that ordinary programs have little need of",
    fields: {
      ...PROCESS,
      call: field("text", "its name: `ptrace`, `mount`"),
      detail: field("text", "its telling arguments: `source=tmpfs target=/mnt type=tmpfs`"),
      succeeded: field("flag", "whether it was done"),
    },
  },
  stream: {
    about: "a connection was asked for (seen from outside, but for the program)",
    fields: {
      host: field("text", "name or address that was asked for"),
      port: field("number", "its port"),
      plain: field("flag", "whether an address was asked for instead of a name"),
      range: field(
        "texts",
        "kinds of its addresses: `public`, `private`, `loopback`, `link-local`, `special`",
      ),
      allowed: field("flag", "whether policy allowed it"),
      reason: field("text", "why it was refused"),
      end: field("text", "`closed`, `reset`, `refused`, `unreachable`, `budget` or `task-ended`"),
      program: field("text", "path of the program, as the guest says"),
      name: field("texts", "its last path component"),
      serverName: field("text", "server name in TLS"),
      otherName: field("flag", "whether TLS names another server than was asked for"),
      bytesOut: field("bytes", "to the outside"),
      bytesIn: field("bytes", "from the outside"),
      lasted: field("time", "from asking to its end"),
    },
  },
  request: {
    about: "an HTTP request was seen",
    fields: {
      method: field("text", "`GET`, `POST`"),
      host: field("text", "as the request says"),
      path: field("text", "path and query"),
      status: field("number", "of the answer"),
      name: field("texts", "last path component of the program, as the guest says"),
    },
  },
  lookup: {
    about: "a name was asked for",
    fields: {
      host: field("text", "the name"),
      oddness: field("number", "0 … 1: how unlike a word its longest part looks"),
    },
  },
  network: {
    about: "all connections of the task together, at its end",
    fields: {
      streams: field("number", "how many were asked for"),
      bytesOut: field("bytes", "to the outside"),
      bytesIn: field("bytes", "from the outside"),
    },
  },
  kernel: {
    about: "one part of the guest's kernel was compared with the template's",
    fields: {
      part: field("text", "`text`, `system-call table` and so on"),
      state: field("text", "`intact`, `changed` or `unchecked`"),
    },
  },
  memory: {
    about: "the guest's memory was compared with the template's",
    fields: {
      state: field("text", "`checked` or `unchecked`"),
      changed: field("number", "share of pages that changed, 0 … 1"),
      unexplained: field("number", "programs in memory that no file explains"),
    },
  },
  resources: {
    about: "what the task used, at its end",
    fields: {
      cpu: field("time", "processor time"),
      lasted: field("time", "how long the task ran"),
      busy: field("number", "processor time for each millisecond of it; 1 is one core all the time"),
      memory: field("bytes", "most private memory"),
    },
  },
  outcome: {
    about: "how the task ended",
    fields: {
      kind: field("text", "`exited`, `signalled`, `limit`, `cancelled`, `stopped` or `failed`"),
      code: field("number", "exit status of the command"),
      signal: field("number", "the signal that ended it"),
      limit: field("text", "the limit that it went over: `timeMs`, `processes`"),
      error: field("text", "code of the failure: `E_GUEST_PANIC`"),
    },
  },
  witness: {
    about: "what the witness could tell, at the end",
    fields: {
      state: field("text", "`complete`, `incomplete` or `absent`"),
      lost: field("number", "events that were lost"),
      missing: field("texts", "what is missing, a sentence each"),
    },
  },
};

/** Fields of an event that the vocabulary has. */
export function fieldsOf(event: string): Fields {
  return VOCABULARY[event]?.fields ?? {};
}
