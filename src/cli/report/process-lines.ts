import type { WitnessRecord } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { processRows, saidOf } from "../../sdk/index.ts";
import type { Style } from "../terminal/style.ts";

const MOST_ROWS = 40;
const DEEPEST = 12;

/** The process tree, a line a process, below the one that made it. */
export function processLines(
  { events, state, missing, lost, omitted }: WitnessRecord,
  style: Style,
): string[] {
  if (state === "absent") return [style.dim("  there was no witness, or it said nothing")];
  const rows = processRows(events, MOST_ROWS);
  const lines = rows.map(({ node, depth }) => {
    const what = neutralise(saidOf(node), 120);
    const code = node.end?.code ?? 0;
    const end = code === 0 ? "" : style.unsure(` status ${code}`);
    return `  ${"  ".repeat(Math.min(depth, DEEPEST))}${style.dim(String(node.pid))} ${what}${end}`;
  });
  return [
    ...lines,
    ...(rows.length === MOST_ROWS ? ["  … (--format html draws more)"] : []),
    ...missing.map((sentence) => `  ${style.unsure("missing:")} ${neutralise(sentence)}`),
    ...(lost + omitted > 0
      ? [`  ${style.unsure("missing:")} ${lost} events lost in the guest, ${omitted} left out`]
      : []),
  ];
}
