import { parse } from "tldts";

/**
 * A suffix below which anyone can have a name: `com`, `co.uk`, and of companies such as `github.io`. One that the list
 * does not know counts as one where it has no dot.
 */
export function isPublicSuffix(name: string): boolean {
  return parse(name, { allowPrivateDomains: true, extractHostname: false }).domain === null;
}
