import type { HttpRecord } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";

/** What a request said of itself, as a guest wrote it. */
export interface RequestWords {
  readonly method: string;
  readonly host: string | undefined;
  readonly path: string;
}

/** A request as it may be shown: neutralised, and its path cut to 500 characters. */
export function httpRecord(request: RequestWords, status: number | undefined): HttpRecord {
  return {
    method: neutralise(request.method, 32),
    host: neutralise(request.host ?? "", 260),
    path: neutralise(request.path),
    status,
  };
}
