import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { neutraliseText } from "../../foundation/index.ts";
import type { FormPlace, FormWriter, StagedFile } from "./form.ts";
import type { Meter } from "./meter.ts";

/** The document's words as UTF-8, with nothing in them that a terminal or an editor would obey. */
export class TextForm implements FormWriter {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #name: string;
  readonly #meter: Meter;
  #endsInReturn = false;

  static async open({ staging, stem }: FormPlace, meter: Meter): Promise<TextForm> {
    const path = join(staging, "text.txt");
    return new TextForm(await open(path, "wx"), path, { name: `${stem}.txt`, meter });
  }

  private constructor(file: FileHandle, path: string, { name, meter }: { name: string; meter: Meter }) {
    this.#file = file;
    this.#path = path;
    this.#name = name;
    this.#meter = meter;
  }

  async text(piece: string): Promise<void> {
    const held = this.#endsInReturn ? `\r${piece}` : piece;
    this.#endsInReturn = held.endsWith("\r");
    await this.#write(this.#endsInReturn ? held.slice(0, -1) : held);
  }

  async finish(): Promise<readonly StagedFile[]> {
    if (this.#endsInReturn) await this.#write("\r");
    await this.#file.close();
    return [{ form: "text", path: this.#path, name: this.#name }];
  }

  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #write(text: string): Promise<void> {
    const lines = text.replace(/\r\n?/g, "\n").replace(/\f/g, "\n\n");
    const bytes = Buffer.from(neutraliseText(lines));
    this.#meter.spend(bytes.length);
    await this.#file.appendFile(bytes);
  }
}
