import {
  DEFAULT_LIMITS,
  OCR_LANGUAGES,
  SAFE_FORMS,
  type DocumentChoices,
  type OcrLanguage,
  type PageRange,
  type SafeForm,
  type TaskRequest,
} from "../contract/index.ts";
import { MIB, MayflyError, formatSize, neutralise } from "../foundation/index.ts";

const DEFAULT_DPI = 150;
/** What tesseract wants of small print; it gains little from more. */
const DEFAULT_OCR_DPI = 200;
const DEFAULT_QUALITY = 80;
/** Recognising takes many times as long as drawing. */
const OCR_TIME_MS = 60 * 60_000;
/** The widest range of pages that a person may mean. */
const HIGHEST_PAGE = 1_000_000;
const MOST_RANGES = 1_000;
const LONGEST_PASSWORD = 1_024;
/** LibreOffice with its samples loaded takes some 400 MiB. */
const LEAST_MEMORY = 640 * MIB;

/** Choices that were checked and completed. */
export interface AdmittedChoices {
  readonly forms: readonly SafeForm[];
  readonly ocr: readonly OcrLanguage[];
  readonly dpi: number;
  /** Whether the user said the dpi: a picture keeps its own pixels otherwise. */
  readonly dpiChosen: boolean;
  readonly pages: readonly PageRange[] | undefined;
  readonly quality: number;
  readonly password: string | undefined;
  readonly out: string | undefined;
  readonly force: boolean;
  /** Bytes that the safe copies may take together. */
  readonly room: number;
  readonly limits: NonNullable<TaskRequest["limits"]>;
  readonly isolation: TaskRequest["isolation"];
}

/** Checks choices and fills in what they leave open. Pure. @throws E_USAGE naming the choice */
export function admitChoices(choices: DocumentChoices): AdmittedChoices {
  const { dpi, pages, quality = DEFAULT_QUALITY, out, force = false, limits = {}, isolation } = choices;
  const ocr = several("ocr", choices.ocr ?? [], OCR_LANGUAGES);
  const reads = ocr.length > 0;
  requireMemory(limits.memory);
  return {
    forms: admitForms(choices.as ?? "pdf"),
    ocr,
    dpi: whole("dpi", dpi ?? (reads ? DEFAULT_OCR_DPI : DEFAULT_DPI), [36, 600]),
    dpiChosen: dpi !== undefined,
    pages: pages === undefined ? undefined : parsePages(pages),
    quality: whole("quality", quality, [1, 100]),
    password: password(choices.password),
    out,
    force,
    room: limits.outBytes ?? DEFAULT_LIMITS.outBytes,
    limits: { ...(reads && { timeMs: OCR_TIME_MS }), ...limits },
    isolation,
  };
}

function requireMemory(memory: number | undefined): void {
  if (memory === undefined || memory >= LEAST_MEMORY) return;
  throw usage(
    `${formatSize(memory)} of memory are too little to open documents`,
    `Give --memory ${formatSize(LEAST_MEMORY).replace(/ MiB/, "M")} or more, or leave it out.`,
  );
}

function admitForms(asked: SafeForm | readonly SafeForm[]): readonly SafeForm[] {
  const forms = several("as", typeof asked === "string" ? [asked] : asked, SAFE_FORMS);
  if (forms.length === 0) throw usage("No safe form was asked for", `Name one of: ${SAFE_FORMS.join(", ")}.`);
  return forms;
}

/** `1-10,12` → ranges in order, none touching another. @throws E_USAGE */
export function parsePages(text: string): readonly PageRange[] {
  const parts = text.split(",");
  if (parts.length > MOST_RANGES) throw pagesUsage(text);
  const ranges = parts.map((part) => {
    const match = /^\s*(\d{1,7})\s*(?:-\s*(\d{1,7})\s*)?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!(first >= 1 && last >= first && last <= HIGHEST_PAGE)) throw pagesUsage(text);
    return { first, last };
  });
  const merged: PageRange[] = [];
  for (const range of ranges.sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before !== undefined && range.first <= before.last + 1)
      merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
    else merged.push(range);
  }
  return merged;
}

function several<T extends string>(
  what: string,
  asked: readonly string[],
  known: readonly T[],
): readonly T[] {
  for (const each of asked) {
    if (!(known as readonly string[]).includes(each))
      throw usage(`"${neutralise(each, 40)}" is not something for "${what}"`, `Use: ${known.join(", ")}.`);
  }
  return known.filter((each) => asked.includes(each));
}

/** @throws E_USAGE where it is none, or out of range */
export function whole(what: string, value: number, [least, most]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw usage(
    `The ${what} is ${value}; it must be a whole number from ${least} to ${most}`,
    "Leave it out for the default.",
  );
}

function password(text: string | undefined): string | undefined {
  if (text !== undefined && (text.length > LONGEST_PASSWORD || text.includes("\0")))
    throw usage(
      "The password is too long or contains NUL",
      `At most ${LONGEST_PASSWORD} characters are taken.`,
    );
  return text;
}

function pagesUsage(text: string): MayflyError {
  return usage(`"${neutralise(text, 60)}" is not a choice of pages`, "Say which, as in: --pages 1-10,12.");
}

function usage(message: string, next: string): MayflyError {
  return new MayflyError("E_USAGE", message, { next });
}
