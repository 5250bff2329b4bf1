import type { Report, StoredSample } from "../../../contract/index.ts";
import { formatSize, formatTime, neutralise } from "../../../foundation/index.ts";
import { hostAndPort } from "../../granted.ts";
import { processTree, processesOfTree } from "../../process-tree.ts";
import { html, type Markup } from "./markup.ts";

const MOST_LANES = 120;
const LABEL = 210;
const WIDTH = 960;
const ROW = 18;
const TICKS = 5;
const TOP = 24;

/** One row of the drawing. */
interface Lane {
  readonly label: string;
  readonly kind: "process" | "stream" | "refused";
  readonly from: number;
  readonly to: number;
}

/** What happened when: processes and streams as bars, changes of files as ticks, findings as marks, memory, processor and disk as curves. */
export function drawTimeLine(report: Report): Markup {
  const { result, witness, findings } = report;
  const { disk } = report.resources;
  // Evidence counts from the moment that the command was asked for; the rest, from the request.
  const machine = (result.timings.machine ?? 0) - begunOf(report);
  const ended = Math.max(0, (result.timings.ended ?? 0) - begunOf(report));
  const lanes = [...streamLanes(report), ...processLanes(report)].slice(0, MOST_LANES);
  const files = witness.events.filter(({ kind }) => FILE_KINDS.has(kind)).slice(0, 2_000);
  const marks = findings.flatMap(({ severity, text, evidence }) =>
    evidence.slice(0, 1).map(({ at }) => ({ at, severity, text })),
  );
  const end = Math.max(1, ended, ...lanes.map(({ to }) => finite(to)), ...marks.map(({ at }) => finite(at)));
  const x = (at: number): number =>
    round(LABEL + (Math.min(Math.max(0, finite(at)), end) / end) * (WIDTH - LABEL - 10));
  const height = TOP + (lanes.length + 6) * ROW + 12;
  const row = (index: number): number => TOP + index * ROW;
  return html`<div class="scroll">
    <svg
      role="img"
      aria-label="Time line"
      width="${WIDTH}"
      height="${height}"
      viewBox="0 0 ${WIDTH} ${height}"
    >
      ${drawAxis(end, x, height)}
      <text class="dim" x="4" y="${row(0) + 12}">task</text>
      <rect
        class="bar"
        x="${x(machine)}"
        y="${row(0) + 3}"
        width="${Math.max(2, x(result.timings.ended === undefined ? end : ended) - x(machine))}"
        height="${ROW - 6}"
        rx="2"
      />
      <text class="dim" x="4" y="${row(1) + 12}">findings</text>
      ${marks.map(
        ({ at, severity, text }) =>
          html`<g class="${severity}"
            ><title>${text}</title><path class="mark" d="M${x(at)} ${row(1) + 2}l6 7l-6 7l-6 -7z"
          /></g>`,
      )}
      <text class="dim" x="4" y="${row(2) + 12}">files changed</text>
      ${files.map(({ at }) => html`<path class="tick" d="M${x(at)} ${row(2) + 3}v${ROW - 6}" />`)}
      <text class="dim" x="4" y="${row(3) + 12}">
        memory, at most ${formatSize(report.resources.peakPrivateBytes)}
      </text>
      ${curve(report.resources.samples, x, { top: row(3) + 2, height: ROW - 4, of: "privateBytes" })}
      <text class="dim" x="4" y="${row(4) + 12}">
        processor, ${formatTime(report.resources.cpuMs)} in all
      </text>
      ${curve(report.resources.samples, x, { top: row(4) + 2, height: ROW - 4, of: "cpuMs" })}
      <text class="dim" x="4" y="${row(5) + 12}">
        disk, ${disk === undefined ? "not recorded" : `${formatSize(disk.readBytes)} read`}
      </text>
      ${curve(report.resources.samples, x, { top: row(5) + 2, height: ROW - 4, of: "readBytes" })}
      ${lanes.map((lane, i) => drawLane(lane, row(i + 6), x))}
    </svg>
  </div>`;
}

/** Lines and times from left to right. */
function drawAxis(end: number, x: (at: number) => number, height: number): readonly Markup[] {
  const axis = Array.from({ length: TICKS + 1 }, (_, i) => (end * i) / TICKS);
  return axis.map(
    (at, i) =>
      html`<path class="grid" d="M${x(at)} ${TOP - 6}V${height - 6}" /><text
          class="dim"
          x="${x(at)}"
          y="12"
          text-anchor="${i === 0 ? "start" : i === TICKS ? "end" : "middle"}"
          >${formatTime(at)}</text
        >`,
  );
}

const FILE_KINDS = new Set(["create", "write", "delete", "executable", "rename", "link"]);

function drawLane({ label, kind, from, to }: Lane, y: number, x: (at: number) => number): Markup {
  const shown = neutralise(label, 27);
  return html`<g
    ><title>${label}</title><text x="4" y="${y + 12}">${shown}</text
    ><rect
      class="bar ${kind}"
      x="${x(from)}"
      y="${y + 4}"
      width="${Math.max(2, round(x(to) - x(from)))}"
      height="${ROW - 8}"
      rx="2"
  /></g>`;
}

function streamLanes({ result }: Report): Lane[] {
  return result.network.streams.slice(0, MOST_LANES / 2).map(({ target, at, lasted, decision }) => ({
    label: hostAndPort(target.host, target.port),
    kind: decision.allowed ? "stream" : "refused",
    from: at,
    to: at + Math.max(0, lasted),
  }));
}

function begunOf({ result: { timings } }: Report): number {
  return timings.begun ?? 0;
}

function processLanes(report: Report): Lane[] {
  const { witness, result } = report;
  const ended = result.timings.ended === undefined ? undefined : result.timings.ended - begunOf(report);
  return processesOfTree(processTree(witness.events), MOST_LANES).map(({ pid, runs, from, to }) => ({
    label: `${pid} ${runs.at(-1)?.program.split("/").at(-1) ?? ""}`,
    kind: "process",
    from,
    to: to ?? ended ?? from,
  }));
}

function curve(
  all: readonly StoredSample[],
  x: (at: number) => number,
  { top, height, of }: { top: number; height: number; of: Exclude<keyof StoredSample, "at"> },
): Markup | undefined {
  const samples = all.flatMap(({ at, [of]: value }) => (value === undefined ? [] : [{ at, value }]));
  const most = Math.max(1, ...samples.map(({ value }) => value));
  if (samples.length < 2) return undefined;
  const points = samples.map(({ at, value }) => `${x(at)},${round(top + height - (value / most) * height)}`);
  return html`<polyline class="curve" points="${points.join(" ")}" />`;
}

function finite(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), 1e12) : 0;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
