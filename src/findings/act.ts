import { SEVERITIES, type Finding, type OnFinding, type Severity } from "../contract/index.ts";

/** Whether one severity is as grave as another, or graver. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

/** What a policy wants done now, and because of which finding: the gravest of these. Undefined: go on. */
export function actionOn(
  found: readonly Finding[],
  { severity, do: action }: OnFinding,
): { readonly do: "kill" | "freeze"; readonly finding: Finding } | undefined {
  if (action === "continue") return undefined;
  const grave = found.filter((finding) => isAtLeast(finding.severity, severity));
  const [gravest] = grave.sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  return gravest && { do: action, finding: gravest };
}
