import type { CaptureChoices, LocatedNetwork, NetworkPolicy, SafeForm } from "../contract/index.ts";
import { MayflyError, neutralise } from "../foundation/index.ts";
import { admitChoices, whole, type AdmittedChoices } from "./request.ts";

const LONGEST_ADDRESS = 8_192;
/** A page has no rows and columns to take out. */
const FORMS: readonly SafeForm[] = ["png", "pdf", "text"];
const DEFAULT_WIDTH = 1_280;
const DEFAULT_SECONDS = 60;
const WEB: NetworkPolicy = { allow: ["web"] };

/** A capture's choices, checked and completed. */
export interface AdmittedCapture {
  readonly choices: AdmittedChoices;
  /** Pixels of the window that the page is laid out for. */
  readonly width: number;
  /** How long the page may take to load. */
  readonly seconds: number;
  readonly network: NetworkPolicy | LocatedNetwork;
}

/** Checks choices and fills in what they leave open. Pure. @throws E_USAGE naming the choice */
export function admitCapture({ width, wait, policy, ...choices }: CaptureChoices): AdmittedCapture {
  const forms = typeof choices.as === "string" ? [choices.as] : (choices.as ?? FORMS);
  if (forms.includes("csv"))
    throw new MayflyError("E_USAGE", 'A page cannot be captured as "csv"', {
      next: `Use: ${FORMS.join(", ")}.`,
    });
  return {
    choices: admitChoices({ ...choices, as: forms }),
    width: whole("width", width ?? DEFAULT_WIDTH, [320, 3_840]),
    seconds: whole("wait", (wait ?? DEFAULT_SECONDS * 1_000) / 1_000, [1, 3_600]),
    network: policy?.network ?? WEB,
  };
}

/** An address of the web. */
export interface WebAddress {
  /** As it goes to the browser. */
  readonly url: string;
  /** Of the host, fit for a file name. */
  readonly host: string;
}

/** Reads an address as a person writes it: without a scheme it is https. Pure. @throws E_USAGE */
export function admitAddress(text: string): WebAddress {
  const trimmed = text.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (trimmed === "" || whole.length > LONGEST_ADDRESS || !URL.canParse(whole)) throw unfit(text);
  const url = new URL(whole);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw unfit(text, `its scheme is "${neutralise(url.protocol, 40)}"`);
  // They would stand in the report, and in `ps`.
  if (url.username !== "" || url.password !== "") throw unfit(text, "it has a user name or a password in it");
  return { url: url.href, host: url.hostname.replace(/[^a-z0-9.-]/g, "_").slice(0, 150) };
}

function unfit(text: string, why = "it is not one"): MayflyError {
  return new MayflyError(
    "E_USAGE",
    `"${neutralise(text, 200)}" is not an address that can be captured: ${why}`,
    { next: "Write it as in https://example.org/page." },
  );
}
