import * as v from "valibot";
import { KIB, MIB } from "../foundation/index.ts";
import { Job, News, Size } from "./jobs.ts";

/** Of what client and daemon say to each other; another is another language. */
export const PROTOCOL = 2;

/** Path of the WebSocket by which one job is done, with all its streams. */
export const JOB_PATH = "/v1/job";

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

const Channel = v.picklist(["stdin", "stdout", "stderr"]);
const Credit = v.object({
  type: v.literal("credit"),
  channel: Channel,
  bytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
const View = v.pipe(v.string(), v.maxLength(64));

/** What a client says. */
export const Asked = v.variant("type", [
  v.object({
    type: v.literal("ask"),
    protocol: v.number(),
    settings: v.record(v.string(), v.string()),
    job: Job,
  }),
  v.object({ type: v.literal("go"), terminal: v.optional(Size) }),
  v.object({ type: v.literal("resize"), size: Size }),
  v.object({ type: v.literal("stdin-end") }),
  /** Somebody who read an output has gone away. */
  v.object({ type: v.literal("lost"), channel: Channel, why: v.string() }),
  /** Ends the job at once. */
  v.object({ type: v.literal("cancel") }),
  /** Ends a view as a person does. */
  v.object({ type: v.literal("end"), view: View }),
  v.object({ type: v.literal("look"), view: View }),
  Credit,
]);
export type Asked = v.InferOutput<typeof Asked>;

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
  v.object({ type: v.literal("news"), news: News }),
  v.object({ type: v.literal("report"), report: v.looseObject({}) }),
  v.object({ type: v.literal("result"), result: v.looseObject({}) }),
  Credit,
]);
export type Told = v.InferOutput<typeof Told>;
