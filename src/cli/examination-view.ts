import { neutralise } from "../foundation/index.ts";
import type { Area, Examination, Finding } from "../sdk/index.ts";
import { print } from "./terminal/print.ts";
import { isUtf8Locale, styleFor, type Style } from "./terminal/style.ts";
import { wrap } from "./terminal/wrap.ts";

const TITLES: Readonly<Record<Area, string>> = {
  system: "This machine",
  processor: "The processor",
  jail: "The jail around QEMU",
  guest: "Inside the micro-VM",
  traces: "What could outlive a task",
};

const MARKS = isUtf8Locale() ? { on: "✓", off: "✗", unknown: "?" } : { on: "+", off: "-", unknown: "?" };
const NARROWEST = 40;

/** Prints findings area by area: a mark, the layer, what was seen, and below it what to do. */
export function showExamination({ findings, isReady }: Examination): void {
  const style = styleFor(process.stdout);
  const nameWidth = Math.max(...findings.map(({ name }) => name.length));
  for (const [area, title] of Object.entries(TITLES)) {
    const own = findings.filter((finding) => finding.area === area);
    if (own.length === 0) continue;
    print(style.bold(title));
    for (const line of linesOfArea(own, nameWidth, style)) print(line);
    print("");
  }
  print(verdict(findings, isReady, style));
}

/** What holds for a whole area is said once, and so is what mends several layers that follow each other. */
function linesOfArea(findings: readonly Finding[], nameWidth: number, style: Style): string[] {
  const [first] = findings;
  if (
    first?.state === "unknown" &&
    findings.length > 1 &&
    findings.every(({ evidence }) => evidence === first.evidence)
  ) {
    return [`  ${style.unsure(MARKS.unknown)} ${findings.length} layers: ${neutralise(first.evidence, 600)}`];
  }
  return findings.flatMap((finding, index) => {
    const isRepeated = finding.mend === findings[index + 1]?.mend;
    return linesOf(isRepeated ? { ...finding, mend: undefined } : finding, nameWidth, style);
  });
}

function linesOf(
  { name, state, evidence, mend, isRequired }: Finding,
  nameWidth: number,
  style: Style,
): string[] {
  const indent = " ".repeat(nameWidth + 6);
  const width = Math.max(NARROWEST, (process.stdout.isTTY ? process.stdout.columns : 110) - indent.length);
  const paint = { on: style.good, off: isRequired ? style.bad : style.unsure, unknown: style.unsure }[state];
  const [first = "", ...rest] = wrap(neutralise(evidence, 600), width);
  const remedy = mend === undefined ? [] : wrap(`→ ${neutralise(mend, 600)}`, width);
  return [
    `  ${paint(MARKS[state])} ${name.padEnd(nameWidth)}  ${first}`,
    ...[...rest, ...remedy].map((line) => indent + line),
  ];
}

function verdict(findings: readonly Finding[], isReady: boolean, style: Style): string {
  const missing = findings.filter(({ isRequired, state }) => isRequired && state !== "on").length;
  if (!isReady)
    return style.bad(
      `Not ready: ${missing} required ${missing === 1 ? "thing is" : "things are"} not there.`,
    );
  const hardware = findings.find(({ area }) => area === "processor");
  if (missing > 0) return "Nothing is known to be missing; without --quick every layer is looked at.";
  if (hardware?.state === "on")
    return style.good("Ready: tasks are held by the processor and by every required layer.");
  return `${style.good("Ready")}, but emulated: tasks are held by QEMU and its jail, not by the processor.`;
}
