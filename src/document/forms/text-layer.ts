import type { PixelPage, Word } from "./form.ts";

/** What is used of a PDF document under construction. */
export interface PdfObjects {
  ref(data: Record<string, unknown>): PdfReference;
  addContent(content: string): unknown;
  readonly page: { readonly fonts: Record<string, unknown> };
}

interface PdfReference {
  end(content?: Buffer | string): void;
}

/** Characters of one font: codes are single bytes, 0 stays free. */
const MOST_CHARACTERS = 255;
/** Widths are thousandths of the font's size (ISO 32000-1, 9.2.4). */
const WIDTH = 500;
/** Share of the box that is below the base line. */
const DESCENT = 0.2;

interface Font {
  readonly name: string;
  readonly reference: PdfReference;
  readonly characters: string[];
}

/**
 * Writes words that are found and selected but not seen, under the pixels that they were recognised in. Its fonts are
 * of PDF's type 3, in which every glyph is a drawing of its own: here, an empty one. So any character can be written,
 * no font file is carried, and no program chooses another font. (ISO 32000-1, 9.3.6 and 9.6.5.)
 */
export class TextLayer {
  readonly #document: PdfObjects;
  readonly #fonts: Font[] = [];
  readonly #places = new Map<string, { font: Font; code: number }>();

  constructor(document: PdfObjects) {
    this.#document = document;
  }

  /** Adds a page's words to the page that is being written. */
  write({ words }: Pick<PixelPage, "words">, pointsPerPixel: number): void {
    if (words.length === 0) return;
    const drawn = words.map((word) => this.#word(word, pointsPerPixel)).join("\n");
    this.#document.addContent(`BT\n3 Tr\n${drawn}\nET`);
  }

  /** Writes the fonts. Call it before the document ends. */
  end(): void {
    if (this.#fonts.length === 0) return;
    const glyph = this.#document.ref({});
    glyph.end(`${WIDTH} 0 0 ${-DESCENT * 1000} ${WIDTH} ${(1 - DESCENT) * 1000} d1`);
    for (const { reference, characters } of this.#fonts) {
      const map = this.#document.ref({});
      map.end(unicodeMap(characters));
      Object.assign(
        (reference as unknown as { data: Record<string, unknown> }).data,
        describe(characters, glyph, map),
      );
      reference.end();
    }
  }

  #word({ text, left, top, width, height }: Word, pointsPerPixel: number): string {
    const size = height * pointsPerPixel;
    const characters = Array.from(text);
    const scale = (100 * width * pointsPerPixel) / ((characters.length * size * WIDTH) / 1000);
    const x = left * pointsPerPixel;
    const baseLine = (top + height) * pointsPerPixel - size * DESCENT;
    // pdfkit has turned the page so that it counts from the top; letters are turned back.
    const place = `${number(scale)} Tz 1 0 0 -1 ${number(x)} ${number(baseLine)} Tm`;
    const shown = this.#runs([...characters, " "]).map(
      ({ font, codes }) => `/${font.name} ${number(size)} Tf <${Buffer.from(codes).toString("hex")}> Tj`,
    );
    return `${place} ${shown.join(" ")}`;
  }

  /** Splits a word where its characters are in different fonts. */
  #runs(characters: readonly string[]): { font: Font; codes: number[] }[] {
    const runs: { font: Font; codes: number[] }[] = [];
    for (const character of characters) {
      const { font, code } = this.#place(character);
      const last = runs.at(-1);
      if (last?.font === font) last.codes.push(code);
      else runs.push({ font, codes: [code] });
      this.#document.page.fonts[font.name] = font.reference;
    }
    return runs;
  }

  #place(character: string): { font: Font; code: number } {
    const known = this.#places.get(character);
    if (known !== undefined) return known;
    let font = this.#fonts.at(-1);
    if (font === undefined || font.characters.length === MOST_CHARACTERS) {
      font = { name: `T${this.#fonts.length}`, reference: this.#document.ref({}), characters: [] };
      this.#fonts.push(font);
    }
    const place = { font, code: font.characters.push(character) };
    this.#places.set(character, place);
    return place;
  }
}

function describe(
  characters: readonly string[],
  glyph: PdfReference,
  map: PdfReference,
): Record<string, unknown> {
  const names = characters.map((_, index) => `g${index + 1}`);
  return {
    Type: "Font",
    Subtype: "Type3",
    FontBBox: [0, -DESCENT * 1000, WIDTH, (1 - DESCENT) * 1000],
    FontMatrix: [0.001, 0, 0, 0.001, 0, 0],
    FirstChar: 1,
    LastChar: characters.length,
    Widths: characters.map(() => WIDTH),
    Encoding: { Type: "Encoding", Differences: [1, ...names] },
    CharProcs: Object.fromEntries(names.map((name) => [name, glyph])),
    Resources: {},
    ToUnicode: map,
  };
}

/** Which character each code stands for (ISO 32000-1, 9.10.3). */
function unicodeMap(characters: readonly string[]): string {
  const lines = characters.map((character, index) => {
    const units = Buffer.from(character, "utf16le").swap16().toString("hex");
    return `<${(index + 1).toString(16).padStart(2, "0")}> <${units}>`;
  });
  const blocks = [];
  // At most 100 entries are allowed in one block.
  for (let at = 0; at < lines.length; at += 100) {
    const block = lines.slice(at, at + 100);
    blocks.push(`${block.length} beginbfchar\n${block.join("\n")}\nendbfchar`);
  }
  return [
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
    "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
    "1 begincodespacerange <00> <ff> endcodespacerange",
    ...blocks,
    "endcmap CMapName currentdict /CMap defineresource pop end end",
  ].join("\n");
}

function number(value: number): string {
  return Number(value.toFixed(3)).toString();
}
