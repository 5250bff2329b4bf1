import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { cutToBytes, neutralise } from "../../foundation/index.ts";
import { csvLine } from "./csv-cell.ts";
import type { FormPlace, FormWriter, StagedFile } from "./form.ts";
import type { Meter } from "./meter.ts";

const LONGEST_NAME = 60;
/** What some file system or shell does not like in a name. */
const UNFIT = /[\\/:*?"<>|\s]+/g;
const BUFFERED = 256 * 1024;

/** A CSV file a sheet, values only: `STEM.csv` where there is one sheet, else `STEM-SHEET.csv`. */
export class CsvForm implements FormWriter {
  readonly #place: FormPlace;
  readonly #meter: Meter;
  readonly #sheets: { path: string; name: string }[] = [];
  #file: FileHandle | undefined;
  #waiting: string[] = [];
  #length = 0;

  constructor(place: FormPlace, meter: Meter) {
    this.#place = place;
    this.#meter = meter;
  }

  async sheet(name: string): Promise<void> {
    await this.#close();
    const path = join(this.#place.staging, `sheet-${this.#sheets.length}.csv`);
    this.#file = await open(path, "wx");
    this.#sheets.push({ path, name });
  }

  async row(cells: readonly string[]): Promise<void> {
    const line = csvLine(cells);
    this.#waiting.push(line);
    this.#length += line.length;
    if (this.#length >= BUFFERED) await this.#write();
  }

  async finish(): Promise<readonly StagedFile[]> {
    await this.#close();
    const { stem } = this.#place;
    const names = uniqueNames(this.#sheets.map(({ name }) => name));
    return this.#sheets.map(({ path }, index) => ({
      form: "csv",
      path,
      name: this.#sheets.length === 1 ? `${stem}.csv` : `${stem}-${names[index] ?? ""}.csv`,
    }));
  }

  async abandon(): Promise<void> {
    await this.#file?.close();
  }

  async #close(): Promise<void> {
    await this.#write();
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(""));
    this.#waiting = [];
    this.#length = 0;
    this.#meter.spend(bytes.length);
    await this.#file?.appendFile(bytes);
  }
}

/** Names of sheets as parts of file names: short, plain, and different even where capitals do not count. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = cutToBytes(neutralise(name, 200).replace(UNFIT, "_"), LONGEST_NAME) || "sheet";
    let unique = plain;
    for (let count = 2; taken.has(unique.toLowerCase()); count++) unique = `${plain}-${count}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}
