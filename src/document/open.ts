import { Readable } from "node:stream";
import type { DocumentChoices, OpenResult, TaskResult } from "../contract/index.ts";
import type { Microvisor } from "../microvisor/index.ts";
import {
  prepareOutputDirectory,
  runTask,
  type Reporting,
  type TaskHost,
  type TaskMachine,
} from "../task/index.ts";
import { MOST_CELLS, MOST_CHOSEN_PAGES, MOST_PAGES, MOST_PIXELS } from "./conversation/index.ts";
import { CONVERTER, OFFICE } from "./converter.ts";
import { nameBeside } from "./beside.ts";
import { openForms, originUrl, requireFree } from "./forms/index.ts";
import { Intake } from "./intake.ts";
import { nameDocument, type DocumentNames, type NameSource } from "./naming.ts";
import { Recognition } from "./recognition.ts";
import { admitChoices, type AdmittedChoices } from "./request.ts";
import { ResultBuilder } from "./result.ts";

/** Bytes that a converter may send: the limits on pages, cells and text bound it, not this. */
const MOST_SENT = 2 ** 40;

/** What is being done to a document. */
type OpenStage = "opening" | "converting" | "recognising" | "writing";

interface DocumentSource extends NameSource {
  /** Where it comes from, if not from a file. */
  readonly content?: AsyncIterable<Uint8Array> | undefined;
}

/** What users may choose, and what only Mayfly itself does. */
interface Opening extends DocumentChoices {
  /** A safe copy whose name is taken gets a number, `letter (2).txt.safe.pdf`. Default: that is an error. */
  readonly beside?: boolean;
}

/** What opening needs of the host. */
export interface OpenHost {
  readonly microvisor: Microvisor;
  readonly reporting?: Reporting | undefined;
  readonly rules?: TaskHost["rules"];
  readonly signal?: AbortSignal | undefined;
  readonly onPage?: ((done: number, of: number | undefined) => void) | undefined;
  readonly onStage?: ((stage: OpenStage) => void) | undefined;
}

/**
 * Opens a document in a micro-VM of its own and makes safe copies of what is seen there: choices → names → micro-VM →
 * records → forms → places. The host never looks into the document. Resolves whatever the outcome; rejects never.
 */
export async function openDocument(
  source: DocumentSource,
  asked: Opening,
  host: OpenHost,
): Promise<OpenResult> {
  const result = new ResultBuilder(source.path ?? source.name ?? "-");
  try {
    host.onStage?.("opening");
    const choices = admitChoices(asked);
    const names =
      asked.beside === true ? await nameBeside(source, asked, choices.forms) : nameDocument(source, asked);
    const directory = await prepareOutputDirectory(names.directory);
    await requireFree(choices.forms, { directory, stem: names.stem, force: choices.force });
    const recognition =
      choices.ocr.length === 0
        ? undefined
        : new Recognition({
            ...{ ...host, ...choices, languages: choices.ocr, signal: host.signal },
            asked: ["recognise", "text", "of", names.shown, "--ocr", choices.ocr.join(",")],
          });
    try {
      const { intake, report } = await convert(source, names, { choices, directory, recognition, host });
      result.converted(intake, report);
    } finally {
      if (recognition !== undefined) result.recognised(await recognition.end());
    }
  } catch (cause) {
    result.failed(cause);
  }
  return result.build();
}

interface Conversion {
  readonly choices: AdmittedChoices;
  readonly directory: string;
  readonly recognition: Recognition | undefined;
  readonly host: OpenHost;
}

async function convert(
  source: DocumentSource,
  names: DocumentNames,
  { choices, directory, recognition, host }: Conversion,
): Promise<{ intake: Intake; report: TaskResult }> {
  const { microvisor, reporting, rules, signal, onStage } = host;
  const url = source.path === undefined ? "" : await originUrl(source.path);
  let machine: TaskMachine | undefined;
  let sha256 = "";
  const intake = new Intake({
    choices,
    recognise: recognition?.read,
    openForms: async () => {
      onStage?.(recognition === undefined ? "converting" : "recognising");
      const staging = machine?.claimDirectory(directory) ?? "";
      const origin = { name: names.shown, sha256, url, at: new Date() };
      const { forms, force, quality, room } = choices;
      return await openForms(forms, { staging, directory, stem: names.stem, force, quality, room, origin });
    },
    onPage: (done, of) => host.onPage?.(done, of),
    onWriting: () => onStage?.("writing"),
  });
  const input = { path: source.path ?? names.shown, name: names.inside, content: source.content };
  const request = {
    profile: OFFICE,
    command: CONVERTER,
    inputs: [input],
    limits: { outputBytes: MOST_SENT, ...choices.limits },
    isolation: choices.isolation,
  };
  try {
    const report = await runTask(request, {
      microvisor,
      reporting,
      rules,
      signal,
      asked: askedFor(names, choices),
      io: { stdin: Readable.from([line(names, choices)]), stdout: intake.take },
      onMachine: (made) => {
        machine = made;
        onStage?.("converting");
      },
      onInputs: ([input]) => {
        sha256 = input?.sha256 ?? "";
      },
    });
    return { intake, report };
  } finally {
    await intake.abandon();
  }
}

/** As a person would write it: the command in the guest is only how it is done. Never has the password in it. */
function askedFor(
  { shown }: DocumentNames,
  { forms, ocr, dpi, dpiChosen, pages }: AdmittedChoices,
): string[] {
  const chosen = pages?.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
  return [
    ...["open", shown, "--as", forms.join(",")],
    ...(ocr.length === 0 ? [] : ["--ocr", ocr.join(",")]),
    ...(dpiChosen ? ["--dpi", String(dpi)] : []),
    ...(chosen === undefined ? [] : ["--pages", chosen.join(",")]),
  ];
}

function line(names: DocumentNames, choices: AdmittedChoices): string {
  const { forms, dpi, dpiChosen, pages, password, ocr } = choices;
  return `${JSON.stringify({
    do: "open",
    file: `/in/${names.inside}`,
    forms,
    dpi,
    // A picture has pixels of its own: they are kept, unless the user says how many dots.
    keepPixels: !dpiChosen,
    pages: pages?.map(({ first, last }) => [first, last]) ?? null,
    password,
    recognise: ocr.length > 0,
    limits: {
      pages: pages === undefined ? MOST_PAGES : MOST_CHOSEN_PAGES,
      pixels: MOST_PIXELS,
      cells: MOST_CELLS,
    },
  })}\n`;
}
