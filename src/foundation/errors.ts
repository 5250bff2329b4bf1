import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";

interface ErrorDetails {
  /** What to do next: a command to run or a thing to change. One sentence. */
  readonly next?: string;
  readonly cause?: unknown;
  /** Recent log lines of the process concerned, already neutralised. */
  readonly log?: readonly string[];
}

/** The one error class. `message` says what failed and which limit or file; `next` says what to do. */
export class MayflyError extends Error {
  override readonly name = "MayflyError";
  readonly code: ErrorCode;
  readonly next: string | undefined;
  readonly log: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.next = details.next;
    this.log = details.log ?? [];
  }

  /** Exit status of the CLI for this error. */
  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

export function isMayflyError(value: unknown, ...codes: readonly ErrorCode[]): value is MayflyError {
  return value instanceof MayflyError && (codes.length === 0 || codes.includes(value.code));
}

/** Turns whatever was thrown into a coded error; an unknown one is a bug of ours and says so. */
export function asMayflyError(cause: unknown): MayflyError {
  if (cause instanceof MayflyError) return cause;
  if (cause instanceof Error && cause.name === "AbortError") {
    return new MayflyError("E_CANCELLED", "It was cancelled", { cause });
  }
  const exhausted = exhaustion(cause);
  if (exhausted !== undefined) return exhausted;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new MayflyError("E_INTERNAL", `Unexpected failure: ${text}`, {
    cause,
    next: "This is a bug in Mayfly; please report it with the command that you ran.",
  });
}

/** `errno` name of a Node system error (`ENOENT`, …), if it is one. */
export function errnoOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause)) return undefined;
  return typeof cause.code === "string" ? cause.code : undefined;
}

/** The host has no file descriptors or no memory left for us: a limit of the machine, not a fault. */
export function exhaustion(cause: unknown): MayflyError | undefined {
  const errno = errnoOf(cause) ?? "";
  if (["EMFILE", "ENFILE"].includes(errno))
    return new MayflyError("E_NO_DESCRIPTORS", `No file descriptor is left: ${errno}`, {
      cause,
      next: "End other micro-VMs (`mayfly ps`), or raise the limit: ulimit -n for this session, sysctl fs.file-max for the host.",
    });
  if (errno !== "ENOMEM") return undefined;
  return new MayflyError("E_NO_MEMORY", "The host has no memory left for it: ENOMEM", {
    cause,
    next: "End other micro-VMs (`mayfly ps`), or ask for less with --memory.",
  });
}
