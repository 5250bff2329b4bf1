import type { FastifyReply, FastifyRequest } from "fastify";
import { MayflyError, asMayflyError, isMayflyError } from "../foundation/index.ts";
import { plainPage } from "./pages.ts";

/** A failure as the body of a response tells it. */
export interface FailureBody {
  readonly error: { readonly code: string; readonly message: string; readonly next: string | null };
}

/** What most codes are to the one who asked: a fault of the request. */
const STATUS: Readonly<Record<string, number>> = {
  E_ACCESS: 403,
  E_UNKNOWN_TASK: 404,
  E_UNKNOWN_REPORT: 404,
  E_UNKNOWN_PROFILE: 404,
  E_INPUT_TOO_LARGE: 413,
  E_LOCKED: 409,
  E_IN_USE: 409,
  E_DISK_FULL: 507,
  E_NO_MEMORY: 503,
  E_NO_DESCRIPTORS: 503,
};
/** Exit statuses of failures that are the caller's to mend: usage, data, input, permission. */
const CALLERS = new Set([64, 65, 66, 73, 77]);

export function failureBody({ code, message, next }: MayflyError): FailureBody {
  return { error: { code, message, next: next ?? null } };
}

/** The status of HTTP for a failure. */
export function statusOf(error: MayflyError): number {
  return STATUS[error.code] ?? (CALLERS.has(error.exitCode) ? 400 : 500);
}

/** Answers a request that failed; what was thrown by the framework is the request's fault where it says so. */
export async function answerFailure(cause: unknown, reply: FastifyReply): Promise<FastifyReply> {
  const given = statusIn(cause);
  const error =
    given === undefined || isMayflyError(cause)
      ? asMayflyError(cause)
      : new MayflyError(given === 413 ? "E_INPUT_TOO_LARGE" : "E_USAGE", messageOf(cause));
  return await reply
    .code(isMayflyError(cause) ? statusOf(error) : (given ?? statusOf(error)))
    .send(failureBody(error));
}

/** Why a request is refused, for whoever made it. */
export interface Refusal {
  readonly title: string;
  readonly why: string;
  readonly next: string;
}

/** Refuses a request. A person who looks at it gets a page. */
export async function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { title, why, next }: Refusal,
): Promise<FastifyReply> {
  reply.code(403);
  if (request.headers["sec-fetch-dest"] === "document" || accepts(request, "text/html"))
    return await reply.type("text/html; charset=utf-8").send(plainPage(title, [why, next]));
  return await reply.send(failureBody(new MayflyError("E_ACCESS", why, { next })));
}

function accepts(request: FastifyRequest, type: string): boolean {
  return request.headers.accept?.startsWith(type) === true;
}

function statusIn(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !("statusCode" in cause)) return undefined;
  const { statusCode } = cause;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "The request is wrong";
}
