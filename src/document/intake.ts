import type { DocumentWarning, PageRange, SafeFile } from "../contract/index.ts";
import { MayflyError } from "../foundation/index.ts";
import {
  MOST_CELLS,
  MOST_CHOSEN_PAGES,
  MOST_NOTES,
  MOST_PAGES,
  MOST_SHEETS,
  MOST_TEXT,
} from "./conversation/index.ts";
import {
  failureOf,
  lie,
  readRecords,
  warningOf,
  type ConverterRecord,
  type PageRecord,
} from "./conversation/index.ts";
import type { FormSet, Word } from "./forms/index.ts";
import type { AdmittedChoices } from "./request.ts";

interface IntakeHost {
  readonly choices: AdmittedChoices;
  /** Called once, when there is something to write. */
  readonly openForms: () => Promise<FormSet>;
  /** Recognises text in a page; undefined where that is not wanted. */
  readonly recognise: ((page: PageRecord) => Promise<{ text: string; words: readonly Word[] }>) | undefined;
  readonly onPage: (done: number, of: number | undefined) => void;
  /** The converter has said all; what is left is to put it in its place. */
  readonly onWriting: () => void;
}

/**
 * Makes safe forms of what a converter says. It believes nothing: what comes must be what was asked for, in order and
 * within the limits, or nothing is kept.
 */
export class Intake {
  format: string | undefined;
  files: readonly SafeFile[] | undefined;
  readonly warnings: DocumentWarning[] = [];
  firstPageAt: number | undefined;
  readonly #host: IntakeHost;
  readonly #wantsPixels: boolean;
  readonly #decoder = new TextDecoder("utf-8");
  #forms: FormSet | undefined;
  #taking: Promise<void> = Promise.resolve();
  #told: number | undefined;
  #ended = false;
  #drawn = 0;
  #damaged = 0;
  #lastPage = 0;
  #sheets = 0;
  #cells = 0;
  #text = 0;

  constructor(host: IntakeHost) {
    this.#host = host;
    const { forms, ocr } = host.choices;
    this.#wantsPixels = forms.includes("pdf") || forms.includes("png") || ocr.length > 0;
  }

  /** Pages that were made into pixels or text. */
  get pages(): number {
    return this.#wantsPixels ? this.#drawn : (this.#told ?? 0);
  }

  /**
   * Takes all that comes, to the end; then the forms are in their places.
   * @throws E_DOCUMENT_*, E_CONVERTER as the converter says, E_GUEST_PROTOCOL where it lies, E_OUTPUT_*, E_DISK_FULL
   */
  readonly take = async (output: AsyncIterable<Uint8Array>): Promise<void> => {
    this.#taking = this.#takeAll(output);
    await this.#taking;
  };

  /** Lets go of what was not finished. Call it when nothing more will come. */
  async abandon(): Promise<void> {
    await this.#taking.catch(() => undefined); // told where it was thrown
    if (this.files === undefined) await this.#forms?.abandon();
  }

  async #takeAll(output: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const record of readRecords(output)) {
      if (this.#ended) throw lie("more after its end");
      await this.#one(record);
    }
    if (this.#ended) await this.#finish(this.#opened());
  }

  async #one(record: ConverterRecord): Promise<void> {
    switch (record.kind) {
      case "failure":
        throw failureOf(record.code, record.detail);
      case "note":
        this.#note(record.code, record.detail);
        return;
      case "document":
        await this.#document(record);
        return;
      case "end":
        this.#end();
        return;
      case "words":
        throw lie("words that nobody asked for");
      default:
        await this.#content(record, this.#opened());
    }
  }

  async #content(
    record: Exclude<ConverterRecord, { kind: "failure" | "note" | "document" | "end" | "words" }>,
    forms: FormSet,
  ): Promise<void> {
    switch (record.kind) {
      case "page":
        await this.#page(record, forms);
        return;
      case "text":
        if (this.#host.recognise !== undefined) throw lie("text that nobody asked for");
        await this.#words(forms, record.bytes);
        return;
      case "sheet":
        if (++this.#sheets > MOST_SHEETS) throw tooMany("sheets", MOST_SHEETS);
        await forms.sheet(record.name);
        return;
      case "rows":
        if (this.#sheets === 0) throw lie("rows without a sheet");
        for (const row of record.rows) await this.#row(row, forms);
    }
  }

  #opened(): FormSet {
    if (this.#forms === undefined) throw lie("content before it said what the document is");
    return this.#forms;
  }

  #note(code: string, detail: string): void {
    if (this.warnings.length >= MOST_NOTES) throw lie(`more than ${MOST_NOTES} notes`);
    if (code === "damaged-page") this.#damaged++;
    this.warnings.push(warningOf(code, detail));
  }

  async #document({ format, pages }: { format: string; pages: number | null }): Promise<void> {
    if (this.#told !== undefined) throw lie("twice what the document is");
    this.format = format;
    const most = this.#host.choices.pages === undefined ? MOST_PAGES : MOST_CHOSEN_PAGES;
    if (pages !== null && pages > most) throw lie(`${pages} pages; ${most} are allowed`);
    this.#told = pages ?? undefined;
    this.#forms ??= await this.#host.openForms();
    if (pages !== null) this.#host.onPage(0, pages);
  }

  async #page(page: PageRecord, forms: FormSet): Promise<void> {
    const { number } = page;
    if (!this.#wantsPixels || !isChosen(number, this.#host.choices.pages) || number <= this.#lastPage)
      throw lie(`page ${number}, which it was not the turn of`);
    if (this.#drawn >= (this.#told ?? 0))
      throw lie(`more than the ${this.#told ?? 0} pages that it spoke of`);
    this.#lastPage = number;
    const { text, words } = (await this.#host.recognise?.(page)) ?? { text: "", words: [] };
    await forms.page({ ...page, words });
    if (this.#host.recognise !== undefined) await this.#words(forms, Buffer.from(`${text}\f`));
    this.#drawn++;
    this.firstPageAt ??= performance.now();
    this.#host.onPage(this.#drawn, this.#told);
  }

  async #words(forms: FormSet, bytes: Uint8Array): Promise<void> {
    this.#text += bytes.length;
    if (this.#text > MOST_TEXT) throw tooMany("bytes of text", MOST_TEXT);
    await forms.text(this.#decoder.decode(bytes, { stream: true }));
  }

  async #row(row: readonly string[], forms: FormSet): Promise<void> {
    this.#cells += row.length;
    if (this.#cells > MOST_CELLS) throw tooMany("cells", MOST_CELLS);
    await forms.row(row);
  }

  #end(): void {
    this.#opened();
    if (this.#wantsPixels && this.#drawn + this.#damaged !== this.#told)
      throw lie(`${this.#drawn} pages of the ${this.#told ?? "unknown number"} that it spoke of`);
    if (this.#wantsPixels && this.#drawn === 0)
      throw new MayflyError("E_DOCUMENT_DAMAGED", "It is damaged: none of its pages can be drawn", {
        next: "Ask for another copy of it.",
      });
    this.#ended = true;
  }

  async #finish(forms: FormSet): Promise<void> {
    this.#host.onWriting();
    this.files = await forms.finish();
    this.warnings.push(...forms.warnings);
  }
}

function isChosen(number: number, ranges: readonly PageRange[] | undefined): boolean {
  if (ranges === undefined) return number >= 1 && number <= MOST_PAGES;
  return ranges.some(({ first, last }) => number >= first && number <= last);
}

function tooMany(what: string, most: number): MayflyError {
  return new MayflyError("E_DOCUMENT_LIMIT", `It has more than ${most} ${what}`, {
    next: "Ask for an extract of it.",
  });
}
