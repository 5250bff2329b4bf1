import { describe, expect, it } from "vitest";
import type { TaskResult } from "../contract/index.ts";
import { farewell } from "./farewell.ts";

const GONE = "Its micro-VM is gone: 1 of 1 disposal steps were seen to be done.";

function ended(outcome: TaskResult["outcome"], more: Partial<TaskResult> = {}): TaskResult {
  const steps = [{ step: "process", ok: true, ms: 3, detail: "" }];
  return {
    ...{ id: "m0123456789ab", outcome, refusedOutputs: [], disposal: { complete: true, steps } },
    ...more,
  } as unknown as TaskResult;
}

describe("farewell", () => {
  const byItself = { complaint: undefined, wasAsked: false };

  it("says only that all is gone where a person ended it, however its programs took that", () => {
    for (const outcome of [
      { kind: "exited", code: 0 },
      { kind: "exited", code: 70 },
      { kind: "signalled", signal: 15 },
    ] as const)
      expect(farewell(ended(outcome), { complaint: "browse: crashed", wasAsked: true })).toBe(GONE);
  });

  it("says why it ended by itself, in the guest's words where it gave any", () => {
    expect(farewell(ended({ kind: "exited", code: 0 }), byItself)).toBe(GONE);
    const crashed = ended({ kind: "exited", code: 70 });
    expect(farewell(crashed, byItself)).toBe(`It ended by itself, with status 70. ${GONE}`);
    const complaint = "the browser crashed (signal 11)";
    expect(farewell(crashed, { ...byItself, complaint })).toBe(`It ended by itself: ${complaint}. ${GONE}`);
    expect(farewell(ended({ kind: "signalled", signal: 9 }), byItself)).toContain("by signal 9");
    expect(farewell(ended({ kind: "limit", limit: "memory", allowed: 1 }), byItself)).toContain('"memory"');
  });

  it("never says gone where that was not seen, and names what stayed behind", () => {
    const refusedOutputs = [
      { path: "a\u001b[2J", why: "it is too large" },
      { path: "b", why: "" },
    ];
    const disposal = { complete: false, steps: [] };
    const said = farewell(ended({ kind: "exited", code: 0 }, { refusedOutputs, disposal }), byItself);
    expect(said).toBe(
      "Left behind: a\\u{1b}[2J (it is too large), and 1 more. Its micro-VM is NOT proved gone: run mayfly ps.",
    );
  });
});
