import * as v from "valibot";
import { KIB, MIB } from "../foundation/index.ts";

/** Of what client and daemon say to each other; another is another language. */
export const PROTOCOL = 1;

/** Path of the WebSocket by which a task is run with all its streams. */
export const RUN_PATH = "/v1/run";

/** The first byte of a binary message says whose bytes follow. */
export const CHANNELS = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** Bytes that may be underway on a channel; its reader gives credit for what it has passed on. */
export const WINDOW = 256 * KIB;
/** Bytes of one message with a stream's bytes. */
export const MOST_CHUNK = 64 * KIB;
/** Bytes of one message of a client's: a request, whose command may take a megabyte. */
export const LARGEST_ASKED = 16 * MIB;
/** … and of a daemon's: a report. */
export const LARGEST_TOLD = 128 * MIB;

const Size = v.object({
  rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  columns: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
});
const Channel = v.picklist(["stdin", "stdout", "stderr"]);
const Credit = v.object({
  type: v.literal("credit"),
  channel: Channel,
  bytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
const Path = v.pipe(v.string(), v.startsWith("/"), v.maxLength(4096));

/** A task as it is sent: `TaskRequest` without what only one process has. */
const Task = v.object({
  profile: v.optional(v.string()),
  command: v.array(v.string()),
  inputs: v.array(v.object({ path: Path, name: v.optional(v.string()) })),
  out: v.optional(Path),
  force: v.optional(v.boolean()),
  limits: v.optional(v.record(v.string(), v.number())),
  isolation: v.optional(v.picklist(["any", "hardware"])),
  env: v.optional(v.record(v.string(), v.string())),
  cwd: v.optional(v.string()),
  user: v.optional(v.string()),
  terminal: v.optional(Size),
  pcap: v.optional(Path),
  report: v.optional(v.boolean()),
  /** The network's policy; `places` says where its parts were written, by path. */
  network: v.optional(
    v.object({
      policy: v.looseObject({}),
      places: v.array(v.object({ path: v.string(), key: v.string(), where: v.optional(v.string()) })),
    }),
  ),
  onFinding: v.optional(
    v.object({
      severity: v.picklist(["info", "low", "medium", "high", "critical"]),
      do: v.picklist(["kill", "freeze", "continue"]),
    }),
  ),
  /** Values of the variables that the policy's secrets name. */
  secrets: v.record(v.string(), v.string()),
});

/** What a client says. */
export const Asked = v.variant("type", [
  v.object({
    type: v.literal("task"),
    protocol: v.number(),
    settings: v.record(v.string(), v.string()),
    task: Task,
    stdin: v.boolean(),
    /** Whether the report is to be told, beside being kept. */
    wantsReport: v.boolean(),
  }),
  v.object({ type: v.literal("go"), terminal: v.optional(Size) }),
  v.object({ type: v.literal("resize"), size: Size }),
  v.object({ type: v.literal("stdin-end") }),
  /** Somebody who read an output has gone away. */
  v.object({ type: v.literal("lost"), channel: Channel, why: v.string() }),
  v.object({ type: v.literal("cancel") }),
  Credit,
]);
export type Asked = v.InferOutput<typeof Asked>;
export type WireTask = v.InferOutput<typeof Task>;

const Failure = v.object({
  code: v.string(),
  message: v.string(),
  next: v.optional(v.string()),
  log: v.array(v.string()),
});

/** What a daemon says. `result` and `report` are as the SDK has them. */
export const Told = v.variant("type", [
  v.object({ type: v.literal("declined"), why: v.string() }),
  v.object({
    type: v.literal("progress"),
    step: v.string(),
    detail: v.optional(v.string()),
    fraction: v.optional(v.number()),
  }),
  v.object({ type: v.literal("prepared") }),
  v.object({ type: v.literal("failed"), error: Failure }),
  v.object({ type: v.literal("report"), report: v.looseObject({}) }),
  v.object({ type: v.literal("result"), result: v.looseObject({}) }),
  Credit,
]);
export type Told = v.InferOutput<typeof Told>;
