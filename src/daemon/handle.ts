import type { FastifyReply } from "fastify";
import * as v from "valibot";
import { MayflyError } from "../foundation/index.ts";
import type { LoopbackApp } from "../loopback/index.ts";
import { PARAMETERS, type Operation } from "./api.ts";

type Out<S> = S extends v.GenericSchema ? v.InferOutput<S> : undefined;

/** What was asked, checked by the operation's own schemas. */
export interface Request<O extends Operation> {
  /** Of the path; empty where it has none. */
  readonly id: string;
  readonly query: Out<O["query"]>;
  readonly body: O["body"] extends "bytes" ? AsyncIterable<Uint8Array> : Out<O["body"]>;
  readonly reply: FastifyReply;
}

/** Adds an operation. What a handler returns is sent. */
export function handle<const O extends Operation>(
  app: LoopbackApp,
  operation: O,
  answer: (request: Request<O>) => Promise<unknown>,
): void {
  app.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ":$1"),
    async handler(request, reply) {
      const { id = "" } = check(PARAMETERS, request.params, "path");
      const query =
        operation.query === undefined ? undefined : check(operation.query, request.query, "query");
      const { body: schema } = operation;
      const body =
        schema === undefined || schema === "bytes" ? request.body : check(schema, request.body, "body");
      const answered = await answer({ id, query, body, reply } as unknown as Request<O>);
      if (reply.sent) return await reply;
      return await reply.code(operation.status).send(answered);
    },
  });
}

function check<S extends v.GenericSchema>(schema: S, value: unknown, where: string): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new MayflyError("E_USAGE", `The request's ${where} is wrong: ${mistakeIn(parsed.issues[0])}`, {
    next: "See docs/openapi.json.",
  });
}

function mistakeIn(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
