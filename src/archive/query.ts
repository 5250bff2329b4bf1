import { SEVERITIES, type Report, type Severity } from "../contract/index.ts";

/** Which reports are wanted; all that is said must fit. */
export interface ReportQuery {
  /** Stored at this time or later. */
  readonly since?: Date | undefined;
  readonly profile?: string | undefined;
  /** Name of a rule that found something, or the beginning of one. */
  readonly finding?: string | undefined;
  /** With a finding of this severity or a graver one. */
  readonly severity?: Severity | undefined;
  /** Somewhere in the report, whatever the case. */
  readonly text?: string | undefined;
}

/** Whether a report fits, `since` and `text` aside, which are looked at before it is read. */
export function matches({ result, findings }: Report, { profile, finding, severity }: ReportQuery): boolean {
  const least = severity === undefined ? 0 : SEVERITIES.indexOf(severity);
  return (
    (profile === undefined || result.profile === profile) &&
    (finding === undefined || findings.some(({ rule }) => rule.startsWith(finding))) &&
    (severity === undefined || findings.some((each) => SEVERITIES.indexOf(each.severity) >= least))
  );
}
