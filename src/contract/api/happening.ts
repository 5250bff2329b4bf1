import * as v from "valibot";
import { Stream, TaskView, VmView } from "./task.ts";

/** What the WebSocket `/v1/events` tells. The first of each kind is how things stand. */
export const Happening = v.variant("type", [
  /** All micro-VMs, whenever something about them changed, at most once a second. */
  v.object({ type: v.literal("vms"), vms: v.array(VmView) }),
  /** A task began, went on or ended. */
  v.object({ type: v.literal("task"), task: TaskView }),
  /** What a task does, as its guest says: one neutralised line. Told of tasks that are asked for by `?task=`. */
  v.object({ type: v.literal("witness"), task: v.string(), at: v.number(), text: v.string() }),
  /** All connections of such a task so far, when they changed. */
  v.object({ type: v.literal("network"), task: v.string(), streams: v.array(Stream) }),
]);
export type Happening = v.InferOutput<typeof Happening>;
