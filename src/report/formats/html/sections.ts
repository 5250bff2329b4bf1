import {
  mayLackRefused,
  type Finding,
  type Report,
  type StreamRecord,
  type WitnessEvent,
} from "../../../contract/index.ts";
import { formatSize, formatTime } from "../../../foundation/index.ts";
import { hostAndPort } from "../../granted.ts";
import { html, type Markup } from "./markup.ts";

/** Rows that a table shows; the JSON has all. */
const MOST_ROWS = 1_000;
const WHOSE = { outside: "seen from outside", witness: "the guest's word" } as const;

export function findingsSection(findings: readonly Finding[]): Markup {
  if (findings.length === 0) return html`<p class="dim">None: no rule matched what was seen.</p>`;
  return html`${findings.map(finding)}`;
}

function finding({ rule, severity, text, techniques, voice, evidence, evidenceOmitted }: Finding): Markup {
  return html`<article class="finding ${severity}">
    <span class="tag">${severity}</span> <strong>${text}</strong>
    <p><code>${rule}</code> <span class="dim">· ${WHOSE[voice]}</span>${techniques.map(technique)}</p>
    <details>
      <summary>Evidence (${evidence.length + evidenceOmitted})</summary>
      <ul>
        ${evidence.map(
          (each) =>
            html`<li>
              <span class="dim"
                >${formatTime(each.at)}${each.pid === undefined ? "" : ` · process ${each.pid}`} ·
                ${WHOSE[each.voice]}:</span
              >
              ${each.text}
            </li>`,
        )}
      </ul>
      ${evidenceOmitted > 0 ? html`<p class="dim">and ${evidenceOmitted} more</p>` : undefined}
    </details>
  </article> `;
}

/** A link only to where MITRE publishes: a report from elsewhere may say anything. */
function technique({ id, name, url }: Finding["techniques"][number]): Markup {
  const isPublished = /^https:\/\/attack\.mitre\.org\/techniques\/T\d{4}(\/\d{3})?$/.test(url);
  const label = `${id} ${name}`;
  return isPublished ? html` · <a href="${url}" rel="noreferrer noopener">${label}</a>` : html` · ${label}`;
}

/** As many as there are rows, in their order: those that connected before those that did not, of which the first stay. */
function foremost(streams: readonly StreamRecord[]): readonly StreamRecord[] {
  if (streams.length <= MOST_ROWS) return streams;
  const isConnected = ({ connected }: StreamRecord): boolean => connected !== undefined;
  const others = streams.filter((stream) => !isConnected(stream));
  const first = others.splice(0, MOST_ROWS / 10);
  const chosen = new Set([...first, ...streams.filter(isConnected), ...others].slice(0, MOST_ROWS));
  return streams.filter((stream) => chosen.has(stream));
}

export function networkSection({ result: { network } }: Report): Markup {
  const { streams, omitted, lookups, mostOpen = 0 } = network;
  const rows = foremost(streams).map(
    ({ at, target, decision, end, bytesOut, bytesIn, http, program, connected }) => [
      html`<td class="n">${formatTime(at)}</td>
        <td class="w mono">
          ${hostAndPort(target.host, target.port)}${connected === undefined ? undefined : html`<br /><span class="dim">${connected}</span>`}
        </td>
        <td class="${decision.allowed ? "good" : "bad"}">
          ${decision.allowed ? "allowed" : "refused"}, ${end}
        </td>
        <td class="n">${formatSize(bytesOut)}</td>
        <td class="n">${formatSize(bytesIn)}</td>
        <td class="w">
          ${decision.reason}${decision.rule === undefined ? undefined : html` <span class="dim">${decision.rule}</span>`}${program === undefined ? undefined : html`<br /><span class="dim">${program} (the guest's word)</span>`}${http
            .slice(0, 5)
            .map(
              (each) => html`<br /><code>${each.method} ${each.host}${each.path} ${each.status ?? ""}</code>`,
            )}${http.length > 5 ? html`<br /><span class="dim">and ${http.length - 5} more requests</span>` : undefined}
        </td>`,
    ],
  );
  return html`${streams.length === 0 ? html`<p class="dim">No connection was asked for.</p>` : table(["at", "to", "decision", "out", "in", "why"], rows)}${more(
    streams.length - MOST_ROWS + omitted,
  )}${
    mayLackRefused(network)
      ? html`<p class="dim">
          ${mostOpen} were open at a time, the most there may be: the guest refuses more itself, unrecorded.
        </p>`
      : undefined
  }${
    lookups.length === 0
      ? undefined
      : html`<details>
          <summary>Names that were asked for (${lookups.length})</summary>
          <p class="mono">${lookups.join(", ")}</p>
        </details>`
  }`;
}

export function filesSection({ witness }: Report): Markup {
  const events = witness.events.filter(isFileEvent);
  if (events.length === 0) return html`<p class="dim">The witness told of no change of a file.</p>`;
  const rows = events.slice(0, MOST_ROWS).map((event) => [
    html`<td class="n">${formatTime(event.at)}</td>
      <td>${event.kind}</td>
      <td class="w mono">${event.path}${"to" in event ? ` → ${event.to}` : ""}</td>
      <td class="n">${event.pid}</td>`,
  ]);
  return html`${table(["at", "what", "file", "process"], rows)}${more(events.length - MOST_ROWS)}`;
}

function isFileEvent(event: WitnessEvent): event is Extract<WitnessEvent, { path: string }> {
  return "path" in event;
}

/** What the witness told besides processes and files. */
export function otherSection({ witness }: Report): Markup | undefined {
  const rows = witness.events.flatMap((event) => {
    const said = sayOther(event);
    return said === undefined
      ? []
      : [
          [
            html`<td class="n">${formatTime(event.at)}</td>
              <td>${event.kind}</td>
              <td class="w mono">${said}</td>
              <td class="n">${event.pid}</td>`,
          ],
        ];
  });
  if (rows.length === 0) return undefined;
  return html`<h2>Listening, rights and unusual calls</h2>
    ${table(["at", "what", "detail", "process"], rows.slice(0, MOST_ROWS))}${more(rows.length - MOST_ROWS)}`;
}

function sayOther(event: WitnessEvent): string | undefined {
  if (event.kind === "listen")
    return `${event.protocol} ${event.protocol === "unix" ? event.address : hostAndPort(event.address, event.port)}`;
  if (event.kind === "credentials") return `${event.call}: user ${event.from} → ${event.to}`;
  if (event.kind === "call") return `${event.call} ${event.detail}${event.succeeded ? "" : " (failed)"}`;
  return undefined;
}

export function kernelSection({ memory }: Report): Markup {
  if (memory.state === "unchecked") return html`<p class="dim">Not checked: ${memory.reason}</p>`;
  const classes = { intact: "good", changed: "bad", unchecked: "dim" } as const;
  const rows = memory.kernel.map(({ part, state, detail, changes }) => [
    html`<td>${part}</td>
      <td class="${classes[state]}">${state}</td>
      <td class="w">
        ${detail}${changes.map(
          ({ place, expected, found }) => html`<br /><code>${place}: ${expected} → ${found}</code>`,
        )}
      </td>`,
  ]);
  return html`<p>
      ${memory.changedPages} of ${memory.pages} pages differ from the template's; checked from outside in
      ${formatTime(memory.took)}.
    </p>
    ${table(["part of the kernel", "state", "what was compared"], rows)}
    ${
      memory.executables.length === 0
        ? undefined
        : html`<details>
            <summary>
              Programs in memory that no file explains
              (${memory.executables.length + memory.executablesOmitted})
            </summary>
            <ul>
              ${memory.executables.map(({ address, kind, sha256 }) => html`<li><code>${address}</code> ${kind} <span class="dim">${sha256}</span></li>`)}
            </ul>
          </details>`
    }`;
}

/** Requests and bytes of the guest's disk, as the engine counts them. */
export function diskLine({ resources: { disk } }: Report): Markup {
  if (disk === undefined) return html`<p class="dim">What it asked of its disk was not recorded.</p>`;
  return html`<p>
    Of its disk it read ${formatSize(disk.readBytes)} in ${disk.reads} requests;
    ${disk.writes === 0 ? "it wrote none" : html`<span class="bad">it tried to write ${formatSize(disk.writtenBytes)} in ${disk.writes}</span>`},
    as the disk is read-only. What it changes lies in its memory.
  </p>`;
}

export function grantedSection({ granted }: Report): Markup {
  const rows = granted.map((item) => [
    html`<td class="w">${item.what}</td>
      <td>${item.granted}</td>
      <td>${item.used === "" ? html`<span class="dim">not used, or not known</span>` : item.used}</td>`,
  ]);
  return table(["what", "granted", "used"], rows);
}

export function disposalSection({ result: { disposal } }: Report): Markup {
  const rows = disposal.steps.map(({ step, ok, ms, detail }) => [
    html`<td>${step}</td>
      <td class="${ok ? "good" : "bad"}">${ok ? "done" : "FAILED"}</td>
      <td class="n">${formatTime(ms)}</td>
      <td class="w">${detail}</td>`,
  ]);
  return table(["step", "", "took", "what was seen"], rows);
}

export function resultsSection({ result: { inputs, outputs, refusedOutputs } }: Report): Markup {
  const rows = [
    ...inputs.map(({ name, bytes, sha256 }) => [
      html`<td>in</td>
        <td class="w mono">${name}</td>
        <td class="n">${formatSize(bytes)}</td>
        <td class="mono">${sha256}</td>`,
    ]),
    ...outputs.slice(0, MOST_ROWS).map(({ path, bytes }) => [
      html`<td>out</td>
        <td class="w mono">${path}</td>
        <td class="n">${formatSize(bytes)}</td>
        <td></td>`,
    ]),
    ...refusedOutputs.slice(0, MOST_ROWS).map(({ path, why }) => [
      html`<td class="bad">left behind</td>
        <td class="w mono">${path}</td>
        <td></td>
        <td>${why}</td>`,
    ]),
  ];
  if (rows.length === 0) return html`<p class="dim">Nothing went in, and nothing came back.</p>`;
  return table(["", "file", "size", "SHA-256"], rows);
}

function table(headings: readonly string[], rows: readonly (readonly Markup[])[]): Markup {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th>${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function more(count: number): Markup | undefined {
  return count > 0 ? html`<p class="dim">and ${count} more</p>` : undefined;
}
