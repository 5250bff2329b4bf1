import type { MemoryView } from "../../contract/api/index.ts";
import type { MemoryRecord } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { isUtf8Locale, type Style } from "../terminal/style.ts";

/** What a guest's memory was found to be against its template's, for people. */
export function memoryLines(memory: MemoryRecord | MemoryView, style: Style): string[] {
  if (memory.state === "unchecked") return [`  not checked: ${shown(memory.reason)}`];
  return [
    `  ${memory.changedPages} of ${memory.pages} pages differ from the template's`,
    ...memory.kernel.map(
      ({ part, state, detail }) =>
        `  ${state === "unchecked" ? style.dim("-") : tick(state === "intact", style)} ${shown(part)}: ${state}, ${shown(detail)}`,
    ),
  ];
}

/** A text of a report's, made harmless once more. */
export function shown(text: string, width = 300): string {
  return neutralise(text, width);
}

export function tick(ok: boolean, style: Style): string {
  const [yes, no] = isUtf8Locale() ? ["✓", "✗"] : ["ok ", "NO "];
  return ok ? style.good(yes) : style.bad(no);
}
