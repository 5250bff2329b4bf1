import { GUEST_ERROR, type GuestMessage } from "../contract/agent/index.ts";
import { MayflyError, neutralise, openUntrusted, type ErrorCode } from "../foundation/index.ts";

export type ErrorMessage = Extract<GuestMessage, { type: "ERROR" }>;

/** What the host asked for: whose words and codes an ERROR gets. */
export interface Asked {
  readonly about: "command" | "file" | "agent";
  /** Completes "The guest could not …"; from the host's own request, made safe to show here. */
  readonly what: string;
}

const WORDS: ReadonlyMap<number, string> = new Map([
  [GUEST_ERROR.badRequest, "it cannot be done as asked"],
  [GUEST_ERROR.notFound, "it was not found"],
  [GUEST_ERROR.notPermitted, "it is not permitted"],
  [GUEST_ERROR.notExecutable, "it is not executable"],
  [GUEST_ERROR.noSpace, "there is no space left"],
  [GUEST_ERROR.overLimit, "it is over a limit"],
  [GUEST_ERROR.refused, "it was refused"],
  [GUEST_ERROR.io, "input or output failed"],
  [GUEST_ERROR.exists, "it exists already"],
  [GUEST_ERROR.unsupported, "the agent cannot do that"],
]);

/** The coded error for an ERROR frame. The guest's own words are shown, never trusted: one line, at most 300 characters. */
export function guestError({ body }: ErrorMessage, asked: Asked): MayflyError {
  const reason = WORDS.get(body.code) ?? `error ${body.code}`;
  const errno = body.errno === 0 ? "" : ` (errno ${body.errno})`;
  const said = neutralise(openUntrusted(body.message), 300);
  const quote = said === "" ? "" : ` The guest says: ${said}`;
  return new MayflyError(codeOf(body.code, asked), `${couldNot(asked)}: ${reason}${errno}.${quote}`);
}

/** The coded error for a RESET: the guest gave up on a stream without a word. */
export function guestReset(code: number, asked: Asked): MayflyError {
  const reason = WORDS.get(code) ?? "it broke off";
  return new MayflyError(codeOf(0, asked), `${couldNot(asked)}: ${reason}.`);
}

function couldNot({ what }: Asked): string {
  return `The guest could not ${neutralise(what, 300)}`;
}

function codeOf(code: number, { about }: Asked): ErrorCode {
  if (code === GUEST_ERROR.overLimit) return "E_LIMIT";
  if (about === "file") return "E_FILE_IN_GUEST";
  if (about === "agent") return "E_GUEST_REFUSED";
  if (code === GUEST_ERROR.notFound) return "E_COMMAND_NOT_FOUND";
  return code === GUEST_ERROR.notExecutable ? "E_COMMAND_NOT_EXECUTABLE" : "E_GUEST_REFUSED";
}
