import { neutralise } from "../../foundation/index.ts";
import type { NetworkExplanation } from "../../sdk/index.ts";
import { isUtf8Locale, styleFor } from "../terminal/style.ts";

/** What a person reads of an explanation. */
export function explanationLines({
  target,
  allowed,
  rule,
  reason,
  terms,
  checks,
}: NetworkExplanation): string[] {
  const { good, bad, dim } = styleFor(process.stdout);
  const [yes, no] = isUtf8Locale() ? ["✓", "✗"] : ["ok ", "NO "];
  const head = allowed
    ? `${good(yes)} ${target} is allowed`
    : `${bad(no)} ${target} is refused: ${neutralise(reason)}`;
  const line = (label: string, text: string): string => `  ${dim(label.padEnd(6))} ${neutralise(text, 1000)}`;
  return [
    head,
    ...(rule === undefined ? [] : [line("rule", rule)]),
    ...termLines(terms).map((text) => line("terms", text)),
    ...checks.map((text) => line("then", text)),
  ];
}

function termLines(terms: NetworkExplanation["terms"]): string[] {
  if (terms === undefined) return [];
  const { inspect, inject } = terms;
  return [
    ...(inspect ? ["TLS ends at the host, so that requests are recorded"] : []),
    ...(inject.length > 0 ? [`the host puts into each request: ${inject.join(", ")}`] : []),
  ];
}
