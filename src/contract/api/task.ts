import * as v from "valibot";

const Bytes = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What holds the guest: the processor (`hardware`), or a program that imitates one (`emulated`). */
const Isolation = v.picklist(["hardware", "emulated"]);

/** A running micro-VM of this user, by whichever Mayfly. */
export const VmView = v.object({
  id: v.string(),
  kind: v.picklist(["task", "standby", "template"]),
  profile: v.string(),
  /** The command's words, neutralised. */
  label: v.string(),
  /** ISO 8601. */
  since: v.string(),
  /** Process that it belongs to. */
  owner: v.number(),
  /** Memory that it alone uses; null where it cannot be read. */
  memoryBytes: v.nullable(Bytes),
  /** Processor time that it used, in milliseconds; null where it cannot be read. */
  cpuMs: v.nullable(v.number()),
  isolation: v.nullable(Isolation),
  /** Task of this daemon that runs in it. */
  task: v.nullable(v.string()),
});
export type VmView = v.InferOutput<typeof VmView>;

/** A file that was made for the user, or that lies in a task's `/out`. The path is neutralised. */
export const FileEntry = v.object({ path: v.string(), bytes: Bytes });
export type FileEntry = v.InferOutput<typeof FileEntry>;

export const TaskView = v.object({
  id: v.string(),
  kind: v.picklist(["command", "document", "terminal", "view"]),
  /** The command's words, the document's name, or the page's address; neutralised. */
  title: v.string(),
  profile: v.string(),
  state: v.picklist(["preparing", "running", "ended"]),
  /** What is being done, for people; empty where there is nothing to tell. */
  step: v.string(),
  /** ISO 8601. */
  since: v.string(),
  ended: v.nullable(v.string()),
  /** Its micro-VM, and its report; null before there is one. */
  vm: v.nullable(v.string()),
  isolation: v.nullable(Isolation),
  /** How it ended, one neutralised sentence; null before. */
  outcome: v.nullable(v.string()),
  /** What the command line would exit with; null before. */
  exitCode: v.nullable(v.number()),
  warnings: v.array(v.string()),
  /** Safe copies that can be fetched. */
  copies: v.array(FileEntry),
  /** Id of its report; null where there is none. */
  report: v.nullable(v.string()),
});
export type TaskView = v.InferOutput<typeof TaskView>;

/** A task to start. Paths are the host's, in full; a browser may name none. */
export const TaskStart = v.strictObject({
  command: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10_000)),
  profile: v.optional(v.string()),
  inputs: v.optional(v.array(v.strictObject({ path: v.string(), name: v.optional(v.string()) }))),
  out: v.optional(v.string()),
  env: v.optional(v.record(v.string(), v.string())),
  cwd: v.optional(v.string()),
  limits: v.optional(
    v.strictObject({
      memory: v.optional(v.number()),
      vcpus: v.optional(v.number()),
      cpus: v.optional(v.number()),
      timeMs: v.optional(v.number()),
      outputBytes: v.optional(v.number()),
      processes: v.optional(v.number()),
    }),
  ),
  isolation: v.optional(v.picklist(["any", "hardware"])),
  /** Targets that it may connect to: `example.org:443`, `web`. */
  allow: v.optional(v.array(v.string())),
  /** Gives the command a terminal, to be used by the WebSocket `/v1/tasks/{id}/terminal`. */
  terminal: v.optional(v.boolean()),
});
export type TaskStart = v.InferOutput<typeof TaskStart>;

/** A page of the web to show. */
export const ViewStart = v.strictObject({
  url: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)),
  /** Pages of other sites are shown in micro-VMs of their own. */
  perSite: v.optional(v.boolean()),
  /** Text that may be pasted in or copied out, by buttons; default `none`. */
  clipboard: v.optional(v.picklist(["none", "to-guest", "from-guest", "both"])),
});
export type ViewStart = v.InferOutput<typeof ViewStart>;

/** One connection that a task's programs asked for, as the host saw it; text is neutralised. */
export const Stream = v.object({
  /** Milliseconds since the task began. */
  at: v.number(),
  target: v.string(),
  /** Says the guest; null where it does not. */
  program: v.nullable(v.string()),
  allowed: v.boolean(),
  reason: v.string(),
  end: v.string(),
  bytesOut: Bytes,
  bytesIn: Bytes,
});
export type Stream = v.InferOutput<typeof Stream>;

export const ReportRow = v.object({
  id: v.string(),
  /** ISO 8601. */
  startedAt: v.string(),
  profile: v.string(),
  title: v.string(),
  outcome: v.string(),
  exitCode: v.number(),
  findings: v.number(),
  gravest: v.nullable(v.string()),
  /** Whether every step of disposal was seen to be done. */
  gone: v.boolean(),
});
export type ReportRow = v.InferOutput<typeof ReportRow>;
