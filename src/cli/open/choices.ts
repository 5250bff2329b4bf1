import type { DocumentChoices, Isolation, OcrLanguage, SafeForm } from "../../contract/index.ts";
import { MayflyError } from "../../foundation/index.ts";
import { limitsFrom } from "../run/limit-options.ts";
import { askPassword } from "./password.ts";

/** What commander gives. */
export interface OpenOptions {
  readonly as?: readonly string[];
  readonly ocr?: readonly string[];
  readonly dpi?: number;
  readonly pages?: string;
  readonly quality?: number;
  readonly password?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly name?: string;
  readonly jobs?: number;
  readonly watch?: string;
  readonly isolation?: Isolation;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly yes?: boolean;
  readonly embedded?: boolean;
  readonly report?: boolean;
  readonly rules?: readonly string[];
}

/** What is to be opened, how, and how it is shown. */
export interface OpenPlan {
  readonly files: readonly string[];
  readonly choices: DocumentChoices;
  readonly name: string | undefined;
  readonly jobs: number | undefined;
  readonly watch: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  readonly embedded: boolean;
  readonly report: boolean;
  readonly rules: readonly string[] | undefined;
}

/** Reads the command line. @throws E_USAGE where words do not go together */
export async function choicesFrom(files: readonly string[], options: OpenOptions): Promise<OpenPlan> {
  requireSense(files, options);
  const { as, ocr, dpi, pages, quality, out, force, isolation, name, jobs, watch } = options;
  const password = options.password === true ? await askPassword() : undefined;
  return {
    files,
    // Words that are no form or language are told by whoever knows them all.
    choices: {
      as: as as readonly SafeForm[] | undefined,
      ocr: ocr as readonly OcrLanguage[] | undefined,
      ...{ dpi, pages, quality, password, out, force, isolation },
      limits: limitsFrom({ ...options }),
    },
    name,
    jobs,
    watch,
    json: options.json ?? false,
    quiet: options.quiet ?? false,
    yes: options.yes ?? false,
    embedded: options.embedded ?? false,
    report: options.report ?? true,
    rules: options.rules,
  };
}

function requireSense(files: readonly string[], options: OpenOptions): void {
  const { watch, name } = options;
  if (files.length === 0 && watch === undefined)
    throw usage("No document is named", "Name one: mayfly open invoice.docx.");
  if (files.length > 0 && watch !== undefined)
    throw usage("--watch opens what arrives, not files that are named", "Leave one of them out.");
  if (files.includes(""))
    throw usage("The name of a document is empty", "A variable that was meant to hold it may be unset.");
  if (files.includes("-")) requireStream(files, options);
  else if (name !== undefined)
    throw usage("--name is for a document on standard input", "Add - for that, or leave --name out.");
}

function requireStream(files: readonly string[], { password }: OpenOptions): void {
  if (files.length > 1)
    throw usage("- stands alone: standard input holds one document", "Open the others by themselves.");
  if (process.stdin.isTTY)
    throw usage("Standard input is the terminal", "Pipe a document in: mayfly open - --name x.pdf < x.pdf.");
  if (password === true)
    throw usage(
      "Standard input cannot hold both the document and the password",
      "Save the document to a file first.",
    );
}

function usage(message: string, next: string): MayflyError {
  return new MayflyError("E_USAGE", message, { next });
}
