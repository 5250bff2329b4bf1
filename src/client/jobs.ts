import * as v from "valibot";
import { CLIPBOARD_DIRECTIONS, DOWNLOAD_WAYS, PRINTING_WAYS } from "../contract/index.ts";

export const Size = v.object({
  rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  columns: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
});
const Path = v.pipe(v.string(), v.startsWith("/"), v.maxLength(4096));
const Words = v.array(v.string());

/** `TaskPolicy`, with what it needs of the process that it was written in. */
const Policy = v.strictObject({
  /** `places` says where its parts were written, by path. */
  network: v.optional(
    v.object({
      policy: v.looseObject({}),
      places: v.array(v.object({ path: v.string(), key: v.string(), where: v.optional(v.string()) })),
    }),
  ),
  closed: v.optional(v.boolean()),
  onFinding: v.optional(
    v.object({
      severity: v.picklist(["info", "low", "medium", "high", "critical"]),
      do: v.picklist(["kill", "freeze", "continue"]),
    }),
  ),
  clipboard: v.optional(v.picklist(CLIPBOARD_DIRECTIONS)),
  downloads: v.optional(v.picklist(DOWNLOAD_WAYS)),
  printing: v.optional(v.picklist(PRINTING_WAYS)),
  /** Values of the variables that its secrets name. */
  secrets: v.record(v.string(), v.string()),
});
export type WirePolicy = v.InferOutput<typeof Policy>;

/** What all jobs may say. */
const common = {
  out: v.optional(Path),
  force: v.optional(v.boolean()),
  limits: v.optional(v.record(v.string(), v.optional(v.number()))),
  isolation: v.optional(v.picklist(["any", "hardware"])),
  report: v.optional(v.boolean()),
};

/** What safe copies are to be. Words that are no form or language are told by whoever makes them. */
const copies = {
  ...common,
  as: v.optional(v.union([v.string(), Words])),
  quality: v.optional(v.number()),
};

const document = {
  ...copies,
  ocr: v.optional(Words),
  dpi: v.optional(v.number()),
  pages: v.optional(v.string()),
  password: v.optional(v.string()),
  wholeName: v.optional(v.boolean()),
};

/**
 * What may be asked of a daemon, one a connection. Paths are in full. Strict: a job that says more than is known here is
 * no job, so nothing of a request is dropped in silence.
 */
export const Job = v.variant("kind", [
  v.strictObject({
    kind: v.literal("run"),
    ...common,
    profile: v.optional(v.string()),
    command: Words,
    inputs: v.array(v.object({ path: Path, name: v.optional(v.string()) })),
    env: v.optional(v.record(v.string(), v.string())),
    cwd: v.optional(v.string()),
    user: v.optional(v.string()),
    terminal: v.optional(Size),
    pcap: v.optional(Path),
    policy: Policy,
    /** Whether there is standard input to come. */
    stdin: v.boolean(),
    /** Whether the report is to be told, beside being kept. */
    wantsReport: v.boolean(),
  }),
  v.strictObject({
    kind: v.literal("open"),
    ...document,
    /** Absent: what comes by standard input. */
    path: v.optional(Path),
    name: v.optional(v.string()),
  }),
  v.strictObject({
    kind: v.literal("open-many"),
    ...document,
    paths: v.array(Path),
    jobs: v.optional(v.number()),
  }),
  v.strictObject({
    kind: v.literal("capture"),
    ...copies,
    address: v.string(),
    width: v.optional(v.number()),
    wait: v.optional(v.number()),
    pcap: v.optional(Path),
    policy: Policy,
  }),
  v.strictObject({ kind: v.literal("view"), ...common, path: Path, policy: Policy }),
  v.strictObject({
    kind: v.literal("browse"),
    ...common,
    url: v.string(),
    perSite: v.optional(v.boolean()),
    policy: Policy,
  }),
]);
export type Job = v.InferOutput<typeof Job>;
export type JobKind = Job["kind"];
export type JobOf<K extends JobKind> = Extract<Job, { kind: K }>;

const View = v.pipe(v.string(), v.maxLength(64));
const Index = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What happens to a job while it is done. Results are as the SDK has them. */
export const News = v.variant("news", [
  v.object({
    news: v.literal("stage"),
    stage: v.picklist(["opening", "converting", "recognising", "writing"]),
  }),
  /** Of the document that has this index among those that were named. */
  v.object({ news: v.literal("begun"), index: Index }),
  v.object({ news: v.literal("page"), index: Index, done: v.number(), of: v.optional(v.number()) }),
  v.object({ news: v.literal("opened"), index: Index, result: v.looseObject({}) }),
  /** There is a view; the first is the one that was asked for. */
  v.object({ news: v.literal("view"), view: View, name: v.string(), url: v.optional(v.string()) }),
  v.object({
    news: v.literal("view-stage"),
    stage: v.picklist(["starting", "opening", "shown", "ending", "ended"]),
    text: v.string(),
  }),
  v.object({ news: v.literal("shown"), view: View }),
  v.object({ news: v.literal("view-ended"), view: View, result: v.looseObject({}) }),
  /** Answers `look`: PNG in base64, absent while nothing is shown. */
  v.object({ news: v.literal("picture"), view: View, png: v.optional(v.string()) }),
]);
export type News = v.InferOutput<typeof News>;
export type NewsOf<N extends News["news"]> = Extract<News, { news: N }>;
