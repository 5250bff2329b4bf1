import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { Failure } from "../../src/contract/api/index.ts";
import { OPERATIONS, type Operation } from "../../src/daemon/index.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the daemon, made of the schemas that check what it is asked. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries<Operation>(OPERATIONS))
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(name, operation),
    };
  return {
    openapi: "3.1.0",
    info: {
      title: "Mayfly's daemon",
      version: "1",
      description:
        "Served on a unix socket, which is its owner's alone, and, below a path of its own, to the console's page. docs/daemon.md describes both, and the WebSockets.",
    },
    paths,
    components: { schemas: { Failure: schemaOf(Failure) } },
  };
}

export function schemaOf(schema: v.GenericSchema): Json {
  const made = toJsonSchema(schema, { target: "draft-2020-12", errorMode: "throw" });
  return Object.fromEntries(Object.entries(made).filter(([key]) => key !== "$schema")); // the document says it once
}

function describe(name: string, operation: Operation): Json {
  const { summary, isOwners = false, query, body, status, answer, failures = [], path } = operation;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, each]) => ({
      name: each,
      in: "path",
      required: true,
      schema: { type: "string", minLength: 1, maxLength: 64 },
    })),
    ...(query === undefined ? [] : queryOf(query)),
  ];
  const content =
    typeof answer === "string" ? { [answer]: {} } : { "application/json": { schema: schemaOf(answer) } };
  const failed = [400, 403, 500, ...failures].sort().map((code) => [
    code,
    {
      description: "It failed",
      content: { "application/json": { schema: { $ref: "#/components/schemas/Failure" } } },
    },
  ]);
  return {
    operationId: name,
    summary,
    ...(isOwners ? { description: "Only by the unix socket." } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: bodyOf(body) } }),
    responses: { [status]: { description: "Done", content }, ...(Object.fromEntries(failed) as Json) },
  };
}

function bodyOf(body: NonNullable<Operation["body"]>): Json {
  return body === "bytes"
    ? { "application/octet-stream": {} }
    : { "application/json": { schema: schemaOf(body) } };
}

function queryOf(query: NonNullable<Operation["query"]>): Json[] {
  const { properties, required } = schemaOf(query) as {
    properties: Record<string, Json>;
    required: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}
