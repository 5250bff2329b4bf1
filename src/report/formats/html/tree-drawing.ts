import type { WitnessEvent } from "../../../contract/index.ts";
import { formatTime, neutralise } from "../../../foundation/index.ts";
import { processTree, saidOf, treeRows, type ProcessNode, type TreeRow } from "../../process-tree.ts";
import { html, type Markup } from "./markup.ts";

/** Processes that are drawn; a guest can make more than a browser could draw. */
const MOST_DRAWN = 500;
const DEEPEST = 24;
const ROW = 22;
const STEP = 18;
const CHARACTER = 7.3;
const LONGEST_LABEL = 96;

/** The process tree as a drawing: a row a process, joined to its parent. */
export function drawTree(events: readonly WitnessEvent[]): Markup | undefined {
  const roots = processTree(events);
  const rows = treeRows(roots, MOST_DRAWN);
  if (rows.length === 0) return undefined;
  const labels = rows.map(({ node }) => labelOf(node));
  const width = Math.max(...rows.map((row, i) => xOf(row) + 24 + (labels[i] ?? "").length * CHARACTER));
  const height = rows.length * ROW + 8;
  const more =
    rows.length === MOST_DRAWN ? html`<p class="dim">Only the first ${MOST_DRAWN} are drawn.</p>` : undefined;
  return html`<div class="scroll">
      <svg
        role="img"
        aria-label="Process tree"
        width="${Math.ceil(width)}"
        height="${height}"
        viewBox="0 0 ${Math.ceil(width)} ${height}"
      >
        ${rows.map((row, index) =>
          edge(row, index, rows),
        )}${rows.map((row, index) => mark(row, index, labels[index] ?? ""))}
      </svg>
    </div>
    ${more}`;
}

function xOf({ depth }: TreeRow): number {
  return 14 + Math.min(depth, DEEPEST) * STEP;
}

function yOf(index: number): number {
  return index * ROW + ROW / 2 + 4;
}

function edge(row: TreeRow, index: number, rows: readonly TreeRow[]): Markup | undefined {
  const parent = row.parent === undefined ? undefined : rows[row.parent];
  if (parent === undefined || row.parent === undefined) return undefined;
  return html`<path class="edge" d="M${xOf(parent)} ${yOf(row.parent)}V${yOf(index)}H${xOf(row)}" />`;
}

function mark(row: TreeRow, index: number, label: string): Markup {
  const x = xOf(row);
  const y = yOf(index);
  const { node } = row;
  return html`<g
    ><title>${titleOf(node)}</title><circle class="node ${originOf(node)}" cx="${x}" cy="${y}" r="5" /><text
      x="${x + 12}"
      y="${y + 4}"
      >${label}</text
    ></g
  >`;
}

function originOf({ runs }: ProcessNode): string {
  return runs.at(-1)?.origin ?? "unknown";
}

function labelOf(node: ProcessNode): string {
  const { pid, from, to, end } = node;
  const lasted = to === undefined ? "" : ` · ${formatTime(Math.max(0, to - from))}`;
  return `${pid} ${neutralise(saidOf(node), LONGEST_LABEL)}${lasted}${endOf(end)}`;
}

function endOf(end: ProcessNode["end"]): string {
  if (end?.signal !== undefined) return ` · signal ${end.signal}`;
  return end?.code === undefined || end.code === 0 ? "" : ` · status ${end.code}`;
}

function titleOf({ runs, from }: ProcessNode): string {
  const programs = runs.map(
    ({ program, user, sha256 }) => `${program} (user ${user}${sha256 === undefined ? "" : `, ${sha256}`})`,
  );
  return [`begun at ${formatTime(from)}`, ...programs].join("; ");
}
