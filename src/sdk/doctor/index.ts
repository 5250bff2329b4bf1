export type { Area, Finding, LayerState } from "./finding.ts";
export type { ExamineOptions, Examination } from "./examine.ts";
import type { Examination, ExamineOptions } from "./examine.ts";

/**
 * Looks at every layer that is to hold a task: on this machine, and on a live micro-VM that is made for it. A layer is
 * `on` only where that was seen. Never rejects for a layer; what could not be looked at is `unknown`.
 */
export async function examine(options: ExamineOptions = {}): Promise<Examination> {
  // Loaded when asked for: a task needs none of it.
  return await (await import("./examine.ts")).examineLayers(options);
}
