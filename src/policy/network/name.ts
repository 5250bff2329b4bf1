import { attempt, neutralise } from "../../foundation/index.ts";
import { hostItself } from "./local-names.ts";

/** A host name in its one spelling, or why there is none; the problem is a clause about "it". */
export type ParsedName = { readonly name: string } | { readonly problem: string };

const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
const LABEL = /^[a-z0-9_-]+$/;

/** What URL's host parser and `inet_aton` read as a number: then the whole is an address to them. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/i;

/**
 * Reads a host name as a browser does: lower case, international names to punycode (WHATWG URL, UTS #46), the dot at
 * its end dropped. Takes nothing that any resolver could read as an address, and no name of the host itself.
 */
export function parseName(text: string): ParsedName {
  const unreadable = unreadableBecause(text);
  if (unreadable !== undefined) return { problem: unreadable };
  const labels = text.replace(/\.$/, "").split(".");
  if (labels.some((label) => label.length > LONGEST_LABEL))
    return { problem: `a part between dots is longer than ${LONGEST_LABEL} bytes` };
  if (text.length > LONGEST_NAME + 1) return { problem: `it is longer than ${LONGEST_NAME} bytes` };
  if (NUMBER.test((labels.at(-1) ?? "").normalize("NFKC"))) return { problem: disguise };
  const host = attempt(() => new URL(`http://${labels.join(".")}/`).hostname, "no host name");
  if (host === undefined) return { problem: "it is no valid international name" };
  return admit(host);
}

const disguise = "it is an address in disguise: its last part is a number";

/** Before anything reads it: what would be dropped, mapped or taken for another part of a URL. */
function unreadableBecause(text: string): string | undefined {
  if (text === "" || text === ".") return "it is empty";
  if (text.includes("\0")) return "it contains a NUL character";
  if (/[\s\u3000]/u.test(text)) return "it contains a space";
  if (neutralise(text, text.length) !== text) return "it contains control or invisible characters";
  const odd = /[\u0021-\u002c/:-@[-^`{-~]/.exec(text)?.[0];
  return odd === undefined ? undefined : `it contains "${odd}"`;
}

function admit(host: string): ParsedName {
  const labels = host.split(".");
  if (labels.includes("")) return { problem: "it has two dots in a row, or one at its beginning" };
  if (labels.some((label) => !LABEL.test(label))) return { problem: "it contains what no host name has" };
  if (labels.some((label) => label.length > LONGEST_LABEL) || host.length > LONGEST_NAME)
    return {
      problem: `it is longer in punycode than ${LONGEST_NAME} bytes, or a part of it than ${LONGEST_LABEL}`,
    };
  if (NUMBER.test(labels.at(-1) ?? "")) return { problem: disguise };
  const problem = hostItself(host);
  return problem === undefined ? { name: host } : { problem };
}
