import { asMayflyError, isMayflyError, neutralise, type MayflyError } from "../foundation/index.ts";
import { jsonText } from "./json.ts";
import { styleFor } from "./terminal/style.ts";

/** Lines of a log that are shown; the cause is among the last. */
const LOG_LINES = 12;

interface How {
  readonly json: boolean;
  /** Status of the signal that ended us, if one did. */
  readonly interrupted?: number | undefined;
}

/** Says what failed and what to do next. @returns the exit status */
export function tellFailure(cause: unknown, { json, interrupted }: How): number {
  const error = asMayflyError(cause);
  const isInterruption = interrupted !== undefined && isMayflyError(error, "E_CANCELLED");
  if (json) process.stdout.write(`${jsonText({ error: describeError(error) })}\n`);
  else if (!isInterruption)
    process.stderr.write(
      failureLines(error)
        .map((line) => `${line}\n`)
        .join(""),
    );
  return isInterruption ? interrupted : error.exitCode;
}

export function describeError({ code, message, next }: MayflyError): {
  code: string;
  message: string;
  next: string | null;
} {
  return { code, message, next: next ?? null };
}

function failureLines({ message, next, log }: MayflyError): string[] {
  const style = styleFor(process.stderr);
  return [
    `${style.bad("mayfly:")} ${neutralise(message, 2000)}`,
    ...log.slice(-LOG_LINES).map((line) => style.dim(`  | ${neutralise(line)}`)),
    ...(next === undefined ? [] : [`  ${neutralise(next, 2000)}`]),
  ];
}
