declare const untrusted: unique symbol;

/** A value that came from a guest or from an untrusted file and has not been decoded. Only decoders may open it. */
export interface Untrusted<T> {
  readonly [untrusted]: T;
}

export function asUntrusted<T>(value: T): Untrusted<T> {
  return value as unknown as Untrusted<T>;
}

/** Opens the box. Call it only in a decoder, or where bytes pass through without being looked at. */
export function openUntrusted<T>(value: Untrusted<T>): T {
  return value as unknown as T;
}

/** C0 and C1 controls, DEL, line and paragraph separators, bidirectional and zero-width controls, lone surrogates. */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- finding control characters is its purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g;

/**
 * Makes a guest's string safe to show on a terminal, a page or in a file name: one line, no control, no direction or
 * invisible character; each is replaced by a visible `\u{…}` escape. At most `maxLength` UTF-16 units are kept.
 */
export function neutralise(text: string, maxLength = 500): string {
  const clean = text
    .slice(0, maxLength)
    .replace(UNSAFE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return text.length > maxLength ? `${clean}…` : clean;
}

/** What has no look of its own and only changes how its neighbours look: it is left out, not shown. */
const UNSEEN = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g;

/**
 * As `neutralise`, for text of any length: line ends and tabs stay. Soft hyphens, zero-width and direction marks are
 * left out; controls, and what overrides the direction, become visible.
 */
export function neutraliseText(text: string): string {
  return text
    .replace(UNSEEN, "")
    .replace(UNSAFE, (c) => (c === "\n" || c === "\t" ? c : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`));
}
