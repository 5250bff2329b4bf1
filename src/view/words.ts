import type { OutputConsumer } from "../task/index.ts";
import { attempt, neutralise } from "../foundation/index.ts";

/** The longest line that says something; a longer one says nothing. */
const LONGEST_LINE = 16 * 1024;
const LONGEST_URL = 2048;
const LONGEST_COMPLAINT = 300;
const MOST_COMPLAINTS = 20;

interface Listener {
  /** The first of what is shown is on the screen, as the guest says. */
  readonly onReady: () => void;
  /** A page of another site was wanted. */
  readonly onElsewhere: (url: string) => void;
}

/** Takes what the program in the guest prints: lines of two kinds are heard, the rest is dropped. */
export function hearWords({ onReady, onElsewhere }: Listener): OutputConsumer {
  return byLine(hear);

  function hear(line: string): void {
    if (line.length > LONGEST_LINE) return;
    if (line === "ready") onReady();
    const [, given] = /^elsewhere (\S+)$/.exec(line) ?? [];
    const url = given === undefined ? undefined : readUrl(given);
    if (url !== undefined) onElsewhere(url);
  }
}

/** Takes what the program in the guest complains of: the first lines, neutralised, are for people; the rest is dropped. */
export function hearComplaints(onComplaint: (text: string) => void): OutputConsumer {
  let count = 0;
  return byLine((line) => {
    const text = neutralise(Buffer.from(line, "latin1").toString("utf8").trim(), LONGEST_COMPLAINT);
    if (text !== "" && ++count <= MOST_COMPLAINTS) onComplaint(text);
  });
}

/** Takes lines, of which a longer one than `LONGEST_LINE` is cut to one character more. Bytes are as in Latin-1. */
function byLine(hear: (line: string) => void): OutputConsumer {
  return async (output) => {
    let line = "";
    for await (const chunk of output) {
      const lines = (line + chunk.toString("latin1")).split("\n");
      line = (lines.pop() ?? "").slice(0, LONGEST_LINE + 1);
      for (const each of lines) hear(each);
    }
    hear(line);
  };
}

/** A page's address as a guest gives it: whole, or with everything percent-encoded. */
function readUrl(given: string): string | undefined {
  const text = /^https?:/i.test(given) ? given : attempt(() => decodeURIComponent(given), "no address");
  return text === undefined ? undefined : webAddress(text);
}

/**
 * An address of the web in its one form: only letters, digits and signs of ASCII, no user or password.
 * @returns undefined where it is none, or too long
 */
export function webAddress(text: string): string | undefined {
  if (text.length > LONGEST_URL) return undefined;
  const url = attempt(() => new URL(text), "no address");
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  return url.href.length > LONGEST_URL ? undefined : url.href;
}
