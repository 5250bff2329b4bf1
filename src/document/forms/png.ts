import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FormPlace, FormWriter, PixelPage, StagedFile } from "./form.ts";
import type { Meter } from "./meter.ts";
import { encodePng } from "./page-image.ts";

const LEAST_DIGITS = 3;

/** A PNG file a page, without loss: `STEM.png` where there is one, else `STEM-001.png` and so on. */
export class PngForm implements FormWriter {
  readonly #place: FormPlace;
  readonly #meter: Meter;
  readonly #pages: { path: string; number: number }[] = [];

  constructor(place: FormPlace, meter: Meter) {
    this.#place = place;
    this.#meter = meter;
  }

  async page(page: PixelPage): Promise<void> {
    const picture = await encodePng(page);
    this.#meter.spend(picture.length);
    const path = join(this.#place.staging, `page-${page.number}.png`);
    await writeFile(path, picture, { flag: "wx" });
    this.#pages.push({ path, number: page.number });
  }

  async finish(): Promise<readonly StagedFile[]> {
    const { stem } = this.#place;
    const digits = Math.max(LEAST_DIGITS, String(this.#pages.at(-1)?.number).length);
    const single = this.#pages.length === 1;
    return await Promise.resolve(
      this.#pages.map(({ path, number }) => ({
        form: "png",
        path,
        name: single ? `${stem}.png` : `${stem}-${String(number).padStart(digits, "0")}.png`,
      })),
    );
  }

  async abandon(): Promise<void> {
    await Promise.resolve();
  }
}
