import { MayflyError } from "../../foundation/index.ts";

/** What a check throws where it cannot see what it was to look at; the layer is then unknown. */
export function unreadable(what: string): MayflyError {
  return new MayflyError("E_INTERNAL", what);
}
