import { SEVERITIES, type Report } from "../../../contract/index.ts";
import { formatTime } from "../../../foundation/index.ts";
import { sayOutcome } from "../../say-outcome.ts";

/** What the page says first: name, value, and how it looks. */
export function facts({ result, findings, memory }: Report): (readonly [string, string, string])[] {
  const { outcome, profile, isolation, timings, startedAt, disposal } = result;
  const [gravest] = findings;
  const kernel = sayKernel(memory);
  const machine = sayIsolation(isolation);
  return [
    ["outcome", sayOutcome(outcome), outcome.kind === "exited" && outcome.code === 0 ? "good" : "medium"],
    ["findings", gravest === undefined ? "none" : countSeverities(findings), gravest?.severity ?? "good"],
    ["guest kernel", ...kernel],
    ["micro-VM", disposal.complete ? "proved gone" : "NOT proved gone", disposal.complete ? "good" : "bad"],
    ["isolation", ...machine],
    ["profile", profile, ""],
    ["started", `${startedAt.slice(0, 19).replace("T", " ")} UTC`, ""],
    ["took", formatTime(timings.ended ?? 0), ""],
  ];
}

function countSeverities(findings: Report["findings"]): string {
  return [...SEVERITIES]
    .reverse()
    .map((severity) => [findings.filter((each) => each.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0)
    .map(([count, severity]) => `${count} ${severity}`)
    .join(", ");
}

function sayKernel({ state, kernel }: Report["memory"]): readonly [string, string] {
  if (state === "unchecked") return ["not checked", "dim"];
  return kernel.some((part) => part.state === "changed") ? ["CHANGED", "bad"] : ["intact", "good"];
}

function sayIsolation(isolation: Report["result"]["isolation"]): readonly [string, string] {
  if (isolation === undefined) return ["none", "medium"];
  return [`${isolation.kind} (${isolation.accelerator})`, isolation.kind === "hardware" ? "good" : "medium"];
}
