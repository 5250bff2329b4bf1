import { Transform, type TransformCallback } from "node:stream";

/** Control characters of both sets but for tab, line feed and carriage return. */
// eslint-disable-next-line no-control-regex -- they are what this is about
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/**
 * Makes a guest's bytes harmless to a terminal that shows them: control characters, with which an escape sequence
 * begins, become visible (`^[`), as `cat -v` does it. Text of any language passes as it is.
 */
export class VisibleText extends Transform {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    done(null, makeVisible(this.#decoder.decode(chunk, { stream: true })));
  }

  override _flush(done: TransformCallback): void {
    done(null, makeVisible(this.#decoder.decode()));
  }
}

export function makeVisible(text: string): string {
  return text.replace(CONTROLS, (control) => {
    const code = control.charCodeAt(0);
    return code < 0x80 ? `^${String.fromCharCode(code ^ 0x40)}` : `\\x${code.toString(16)}`;
  });
}
