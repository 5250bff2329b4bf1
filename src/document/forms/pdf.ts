import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { FormPlace, FormWriter, Origin, PixelPage, StagedFile } from "./form.ts";
import type { Meter } from "./meter.ts";
import { encodePage } from "./page-image.ts";
import { TextLayer } from "./text-layer.ts";

const POINTS_PER_INCH = 72;
/** Shortest and longest side of a page in points (ISO 32000-1, annex C). */
const SHORTEST = 3;
const LONGEST = 14_400;

/** A new PDF of nothing but pictures and, where it was recognised, text under them. Written page by page. */
export class PdfForm implements FormWriter {
  readonly #path: string;
  readonly #name: string;
  readonly #quality: number;
  readonly #meter: Meter;
  readonly #document: PDFKit.PDFDocument;
  readonly #file: WriteStream;
  readonly #written: Promise<void>;
  readonly #layer: TextLayer;

  static async open(place: FormPlace, meter: Meter): Promise<PdfForm> {
    const { default: Document } = await import("pdfkit");
    return new PdfForm(
      place,
      meter,
      new Document({ autoFirstPage: false, font: "", info: describe(place.origin) }),
    );
  }

  private constructor({ staging, stem, quality }: FormPlace, meter: Meter, document: PDFKit.PDFDocument) {
    this.#name = `${stem}.pdf`;
    this.#path = join(staging, "pages.pdf");
    this.#quality = quality;
    this.#meter = meter;
    this.#document = document;
    this.#layer = new TextLayer(document);
    this.#file = document.pipe(createWriteStream(this.#path, { flags: "wx" }));
    this.#written = finished(this.#file);
    this.#written.catch(() => undefined); // told where it is waited for
  }

  async page(page: PixelPage): Promise<void> {
    const picture = await encodePage(page, this.#quality);
    this.#meter.spend(picture.length);
    const pixel = pointsPerPixel(page);
    const [width, height] = [page.width * pixel, page.height * pixel];
    this.#document.addPage({ size: [Math.max(SHORTEST, width), Math.max(SHORTEST, height)], margin: 0 });
    this.#layer.write(page, pixel);
    this.#document.image(picture, 0, 0, { width, height });
    if (this.#file.writableNeedDrain) await Promise.race([drained(this.#file), this.#written]);
  }

  async finish(): Promise<readonly StagedFile[]> {
    this.#layer.end();
    this.#document.end();
    await this.#written;
    return [{ form: "pdf", path: this.#path, name: this.#name }];
  }

  async abandon(): Promise<void> {
    this.#file.destroy();
    await this.#written.catch(() => undefined); // it was not finished
  }
}

function pointsPerPixel({ width, height, dpi }: PixelPage): number {
  return Math.min(POINTS_PER_INCH / dpi, LONGEST / Math.max(width, height));
}

/** What the copy says of itself, in PDF's own fields and two of ours. */
function describe({ name, sha256, url, at }: Origin): Record<string, string | Date> {
  return {
    Title: name,
    Subject: `Safe copy of ${name}${url === "" ? "" : `, which came from ${url}`}`,
    Creator: "Mayfly",
    Producer: "Mayfly",
    CreationDate: at,
    MayflySource: name,
    MayflySourceSHA256: sha256,
    ...(url !== "" && { MayflySourceURL: url }),
  };
}

async function drained(file: WriteStream): Promise<void> {
  await new Promise<void>((resolve) => file.once("drain", resolve));
}
