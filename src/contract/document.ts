import type { Isolation, TaskPolicy } from "./task.ts";
import type { Limits } from "./limits.ts";
import type { TaskResult } from "./result.ts";

/** What a document can become that is safe to open anywhere. */
export const SAFE_FORMS = ["pdf", "png", "text", "csv"] as const;
export type SafeForm = (typeof SAFE_FORMS)[number];

/** Languages that text is recognised in. */
export const OCR_LANGUAGES = ["en", "fr"] as const;
export type OcrLanguage = (typeof OCR_LANGUAGES)[number];

/** A run of pages, both ends included, counted from 1. */
export interface PageRange {
  readonly first: number;
  readonly last: number;
}

/** How a document's safe copy is to look. */
export interface DocumentChoices {
  /** Default `pdf`. Several forms come from one micro-VM. */
  readonly as?: SafeForm | readonly SafeForm[] | undefined;
  /** Recognises text in the pixels, in a second micro-VM; `pdf` becomes searchable, `text` has what was recognised. */
  readonly ocr?: readonly OcrLanguage[] | undefined;
  /** Dots per inch of pages, 36 … 600; default 150, with `ocr` 200. */
  readonly dpi?: number | undefined;
  /** Which pages, as in `1-10,12`; default all. */
  readonly pages?: string | undefined;
  /** Of JPEG pages, 1 … 100; default 80. Pages of few colours are kept without loss. */
  readonly quality?: number | undefined;
  /** Opens an encrypted document. */
  readonly password?: string | undefined;
  /** Directory for the safe copies; default: the one that the document is in. */
  readonly out?: string | undefined;
  /** Names the copy after the whole name, `invoice.docx.safe.pdf`, so that `invoice.xlsx` gets another. Default: not. */
  readonly wholeName?: boolean | undefined;
  /** Replaces safe copies that exist. Default: that is an error. */
  readonly force?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly isolation?: Isolation | undefined;
}

/** How a web page is captured. */
export interface CaptureChoices {
  /** Default: all of `png`, `pdf` and `text`. */
  readonly as?: SafeForm | readonly SafeForm[] | undefined;
  /** Pixels of the window that the page is laid out for, 320 … 3,840; default 1,280. */
  readonly width?: number | undefined;
  /** Milliseconds that it may take to load, in whole seconds, 1,000 … 3,600,000; default 60,000. Then it is taken as it is. */
  readonly wait?: number | undefined;
  /** Of JPEG pages, 1 … 100; default 80. */
  readonly quality?: number | undefined;
  /** Directory for the safe copies; default: the current one. */
  readonly out?: string | undefined;
  /** Replaces safe copies that exist. Default: that is an error. */
  readonly force?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly isolation?: Isolation | undefined;
  /** What the page may reach. Default: `web`, ports 80 and 443 of everything public. */
  readonly policy?: Pick<TaskPolicy, "network"> | undefined;
}

/** A file that was written for the user. */
export interface SafeFile {
  readonly form: SafeForm;
  readonly path: string;
  readonly bytes: number;
}

/** Something that a person should know of the document. All text is neutralised. */
export interface DocumentWarning {
  /** What it is about: `macros`, `external-link`, `type-differs`, `scaled-down` … (docs/documents.md lists them). */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
}

export type OpenOutcome =
  | { readonly kind: "converted" }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      readonly next: string | undefined;
    };

/** Milliseconds since the request; undefined where it did not get there. */
export interface OpenTimings {
  readonly machine?: number;
  readonly firstPage?: number;
  readonly ended?: number;
}

export interface OpenResult {
  /** The document as it was named; neutralise it before it reaches a terminal. */
  readonly source: string;
  readonly outcome: OpenOutcome;
  /** What the CLI exits with for this outcome. */
  readonly exitCode: number;
  /** What the document was found to be, by its content: `docx`, `pdf`, …; the guest's word. */
  readonly format: string | undefined;
  /** Pages that were made into pixels or text. */
  readonly pages: number;
  readonly forms: readonly SafeFile[];
  readonly warnings: readonly DocumentWarning[];
  readonly timings: OpenTimings;
  /** The micro-VM that the document was opened in. */
  readonly report: TaskResult | undefined;
  /** The one that recognised text. */
  readonly ocrReport: TaskResult | undefined;
}
