import { neutralise } from "../../../foundation/index.ts";

/** Text that is markup, because this file made it of pieces that are escaped. */
export class Markup {
  readonly text: string;

  /** Only `html` makes one; its own pieces are the program's, never the guest's. */
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Markup | string | number | undefined | readonly Piece[];

/** The longest text that a page shows of a name. */
const LONGEST = 4_000;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Markup with pieces in it: whatever is not markup already is neutralised and escaped, in text and in attributes alike. */
export function html(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const parts = literals.map(
    (literal, index) => literal + (index < pieces.length ? show(pieces[index]) : ""),
  );
  return new Markup(parts.join(""));
}

function show(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "number") return String(piece);
  if (typeof piece === "string") return escape(piece);
  return piece.map(show).join("");
}

function escape(text: string): string {
  return neutralise(text, LONGEST).replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? "");
}
