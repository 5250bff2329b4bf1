import type { WriteStream } from "node:tty";

/** The few ways in which text may stand out. Plain text where the stream is no terminal, or by `NO_COLOR`. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly unsure: (text: string) => string;
}

type Output = Pick<WriteStream, "isTTY"> | { readonly isTTY?: boolean };

export function styleFor(stream: Output, env: NodeJS.ProcessEnv = process.env): Style {
  const plain = stream.isTTY !== true || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  const sgr =
    (on: number, off: number) =>
    (text: string): string =>
      plain ? text : `\u001b[${on}m${text}\u001b[${off}m`;
  return { bold: sgr(1, 22), dim: sgr(2, 22), good: sgr(32, 39), bad: sgr(31, 39), unsure: sgr(33, 39) };
}

/** Whether this locale shows more than ASCII. */
export function isUtf8Locale(env: NodeJS.ProcessEnv = process.env): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find(
    (value) => value !== undefined && value !== "",
  );
  return locale === undefined || /utf-?8/i.test(locale);
}
