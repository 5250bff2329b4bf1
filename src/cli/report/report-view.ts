import type { Finding, Report, Severity } from "../../contract/index.ts";
import { formatSize, formatTime } from "../../foundation/index.ts";
import { sayOutcome } from "../../sdk/index.ts";
import { streamNotes } from "../run/stream-notes.ts";
import type { Style } from "../terminal/style.ts";
import { memoryLines, shown, tick } from "./memory-lines.ts";
import { processLines } from "./process-lines.ts";

const MOST_FINDINGS = 20;
const MOST_FILES = 15;

/** What a person reads of a report on a terminal. Every text is neutralised once more: a file may come from anywhere. */
export function reportLines(report: Report, style: Style): string[] {
  const { result, command, findings, witness } = report;
  const head = (title: string, whose = ""): string[] => [
    "",
    `${style.bold(title)}${whose === "" ? "" : ` ${style.dim(whose)}`}`,
  ];
  return [
    `${style.bold(shown(result.id, 40))}  ${shown(command.join(" "), 200)}`,
    ...factLines(report, style),
    ...result.warnings.map((warning) => `${style.unsure("note:")} ${shown(warning)}`),
    ...head(`Findings (${findings.length})`),
    ...(findings.length === 0
      ? [style.dim("  none")]
      : findings.slice(0, MOST_FINDINGS).flatMap((each) => findingLines(each, style))),
    ...more(findings.length - MOST_FINDINGS),
    ...head("Processes", "the guest's word"),
    ...processLines(witness, style),
    ...head("Network", "seen from outside"),
    ...networkLines(report),
    ...head("Files changed", "the guest's word"),
    ...fileLines(report),
    ...head("Used", "seen from outside"),
    ...usedLines(report),
    ...head("Guest kernel", "seen from outside"),
    ...memoryLines(report.memory, style),
    ...head("Disposal"),
    ...result.disposal.steps.map(
      ({ step, ok, detail }) => `  ${tick(ok, style)} ${shown(step, 40)}: ${shown(detail, 200)}`,
    ),
  ];
}

function factLines({ result, origin }: Report, style: Style): string[] {
  const { isolation, timings, startedAt, profile } = result;
  const how = isolation === undefined ? "no micro-VM" : `${isolation.kind} (${isolation.accelerator})`;
  const line = (name: string, text: string): string => `  ${style.dim(name.padEnd(9))} ${text}`;
  return [
    line("outcome", shown(sayOutcome(result.outcome))),
    line("when", `${shown(startedAt)}, for ${formatTime(timings.ended ?? 0)}`),
    line("where", `profile ${shown(profile)}, ${how}, ${shown(origin.engine)}`),
  ];
}

/** The colour that a severity has everywhere. */
export function severityStyle(severity: Severity, style: Style): (text: string) => string {
  if (severity === "critical" || severity === "high") return style.bad;
  return severity === "medium" ? style.unsure : style.dim;
}

function findingLines(
  { rule, severity, text, voice, techniques, evidence }: Finding,
  style: Style,
): string[] {
  const ids = techniques.map(({ id }) => id).join(" ");
  const whose = voice === "outside" ? "seen from outside" : "the guest's word";
  return [
    `  ${severityStyle(severity, style)(shown(severity, 20).padEnd(8))} ${shown(text)}`,
    `           ${style.dim(`${shown(rule, 60)} · ${whose}${ids === "" ? "" : ` · ${shown(ids, 100)}`}`)}`,
    ...evidence
      .slice(0, 3)
      .map((each) => `           ${style.dim(formatTime(each.at))} ${shown(each.text, 200)}`),
  ];
}

function networkLines({ result: { network } }: Report): string[] {
  const made = network.streams.filter(({ connected }) => connected !== undefined);
  if (network.streams.length === 0) return ["  no connection was asked for"];
  return [
    `  ${made.length} of ${network.streams.length + network.omitted} connections were made: ${formatSize(network.bytesOut)} out, ${formatSize(network.bytesIn)} in`,
    ...[...new Set(made.map(({ target }) => `  connected: ${shown(target.host)}:${target.port}`))].slice(
      0,
      MOST_FILES,
    ),
    ...streamNotes(network).map((note) => `  ${note}`),
  ];
}

function fileLines({ witness }: Report): string[] {
  const lines = witness.events.flatMap((event) => {
    if (!("path" in event)) return [];
    return [`  ${event.kind.padEnd(10)} ${shown(event.path)}${"to" in event ? ` → ${shown(event.to)}` : ""}`];
  });
  if (lines.length === 0) return ["  none was told of"];
  return [...lines.slice(0, MOST_FILES), ...more(lines.length - MOST_FILES)];
}

function usedLines({ resources: { cpuMs, peakPrivateBytes, disk, console } }: Report): string[] {
  const [last] = console.slice(-1);
  return [
    `  ${formatTime(cpuMs)} of processor time, at most ${formatSize(peakPrivateBytes)} of memory`,
    disk === undefined
      ? "  what it asked of its disk was not recorded"
      : `  ${formatSize(disk.readBytes)} read from its disk in ${disk.reads} requests, ${disk.writes === 0 ? "none" : formatSize(disk.writtenBytes)} written`,
    ...(last === undefined
      ? []
      : [
          `  its kernel printed ${console.length} lines, the last${typeof last === "string" ? "" : ` at ${formatTime(last.at)}`}: ${shown(typeof last === "string" ? last : last.text, 120)}`,
        ]),
  ];
}

function more(count: number): string[] {
  return count > 0 ? [`  … and ${count} more (--format html or json has all)`] : [];
}
