import type { Report, SignedReport } from "../../../contract/index.ts";
import { formatTime } from "../../../foundation/index.ts";
import { facts } from "./facts.ts";
import { Markup, html } from "./markup.ts";
import {
  disposalSection,
  diskLine,
  filesSection,
  findingsSection,
  grantedSection,
  kernelSection,
  networkSection,
  otherSection,
  resultsSection,
} from "./sections.ts";
import { STYLE, STYLE_DIGEST } from "./style.ts";
import { drawTimeLine } from "./time-line.ts";
import { drawTree } from "./tree-drawing.ts";

/** Nothing is loaded and nothing runs: the page has one style, known by its digest, and no script. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_DIGEST}'; base-uri 'none'; form-action 'none'`;

/** In one piece, as its digest is of exactly this. */
const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`);

/** A report as one file that opens without anything else, on paper too. Whatever the guest named, it is text there. */
export function htmlPage({ report, receipt }: SignedReport): string {
  const { result, command, origin } = report;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>Mayfly report ${result.id}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>Report ${result.id}</h1>
          <p class="mono">${command.join(" ")}</p>
        </header>
        <dl class="facts">
          ${facts(report).map(
            ([name, value, look]) =>
              html`<div>
                <dt>${name}</dt>
                <dd class="${look}">${value}</dd>
              </div>`,
          )}
        </dl>
        ${
          result.warnings.length === 0
            ? undefined
            : html`<ul>
                ${result.warnings.map((warning) => html`<li class="medium">${warning}</li>`)}
              </ul>`
        }
        ${body(report)}
        <footer>
          <p>Mayfly ${origin.version} on ${origin.engine}; template ${result.template}.</p>
          <p class="mono">SHA-256 ${receipt.sha256}<br />signed by ${receipt.key}</p>
          <p>This page is a picture of the report: \`mayfly verify\` checks the JSON, not this.</p>
        </footer>
      </body>
    </html> `;
  return page.text;
}

function body(report: Report): Markup {
  const { findings, witness } = report;
  return html`<main>
    <h2>Findings</h2>
    ${findingsSection(findings)}
    <h2>Processes <span class="dim">the guest's word</span></h2>
    ${witnessState(report)}${drawTree(witness.events)}
    <h2>Time line</h2>
    ${drawTimeLine(report)}
    <h2>Network <span class="dim">seen from outside</span></h2>
    ${networkSection(report)}
    <h2>Files changed <span class="dim">the guest's word</span></h2>
    ${filesSection(report)} ${otherSection(report)}
    <h2>Guest kernel and memory <span class="dim">seen from outside</span></h2>
    ${kernelSection(report)} ${diskLine(report)}
    <h2>In and out</h2>
    ${resultsSection(report)}
    <h2>Granted and used</h2>
    ${grantedSection(report)}
    <h2>Disposal</h2>
    ${disposalSection(report)} ${consoleSection(report)}
  </main>`;
}

function witnessState({ witness }: Report): Markup | undefined {
  if (witness.state === "absent")
    return html`<p class="dim">There was no witness in the guest, or it said nothing.</p>`;
  const missing = witness.missing.map((sentence) => html`<li class="medium">${sentence}</li>`);
  const counts =
    witness.lost + witness.omitted > 0
      ? html`<p class="medium">
          ${witness.lost} events were lost in the guest, and ${witness.omitted} are left out here.
        </p>`
      : undefined;
  return missing.length === 0 && counts === undefined
    ? undefined
    : html`<ul>
          ${missing}
        </ul>
        ${counts}`;
}

function consoleSection({ resources }: Report): Markup | undefined {
  if (resources.console.length === 0) return undefined;
  return html`<details>
    <summary>What the guest's kernel printed (${resources.console.length} lines)</summary>
    <div class="scroll mono">
      ${resources.console.map((line) => (typeof line === "string" ? html`${line}<br />` : html`<span class="dim">${formatTime(line.at)}</span> ${line.text}<br />`))}
    </div>
  </details>`;
}
