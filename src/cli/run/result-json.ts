import type { RunResult } from "../../sdk/index.ts";
import { encodeBytes } from "../json.ts";

interface ResultJsonOptions {
  /** Whether the task's streams are part of it. */
  readonly streams: boolean;
  readonly exitCode: number;
}

/** The document of `--json`: the result, and `error` where Mayfly itself failed. */
export function resultJson(
  result: RunResult,
  { streams, exitCode }: ResultJsonOptions,
): Record<string, unknown> {
  const { stdout, stderr, outcome, ...facts } = result;
  const failure =
    outcome.kind === "failed"
      ? { code: outcome.code, message: outcome.message, next: outcome.next ?? null }
      : undefined;
  return {
    ...(failure === undefined ? {} : { error: failure }),
    outcome,
    ...facts,
    exitCode,
    ...(streams ? { stdout: encodeBytes(stdout), stderr: encodeBytes(stderr) } : {}),
  };
}
