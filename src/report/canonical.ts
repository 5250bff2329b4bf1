import canonicalizeModule from "canonicalize";
import { MayflyError } from "../foundation/index.ts";

/** Its types say that it is a module of the newer kind, which it is not. */
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** JSON in the one form that RFC 8785 gives a value: same value, same bytes. What is undefined is left out. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new MayflyError("E_INTERNAL", "There is nothing to write as JSON");
  return text;
}
