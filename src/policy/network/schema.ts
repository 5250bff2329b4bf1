import * as v from "valibot";
import { CLIPBOARD_DIRECTIONS, DOWNLOAD_WAYS, PRINTING_WAYS, SEVERITIES } from "../../contract/index.ts";
import { parseSize } from "../../foundation/index.ts";

/** More rules than anybody writes, and few enough to be gone through for each stream. */
const MOST_RULES = 4096;

const described = <S extends v.GenericSchema>(
  schema: S,
  text: string,
): v.SchemaWithPipe<readonly [S, v.DescriptionAction<v.InferOutput<S>, string>]> =>
  v.pipe(schema, v.description(text));

const port = v.union([v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), v.string()]);
const secret = v.union([
  v.string(),
  v.strictObject({ env: described(v.string(), "A variable of Mayfly's own environment.") }),
  v.strictObject({
    file: described(
      v.string(),
      "A file of the host, relative to this document; its text without the line end.",
    ),
  }),
]);
const size = v.union([
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.pipe(
    v.string(),
    v.regex(/^\d+(\.\d+)?\s*[BKMGTbkmgt]?(i?[Bb])?$/, "must be a number of bytes, or a size such as 10M"),
    v.transform((text) => parseSize(text) ?? 0),
  ),
]);
const texts = v.pipe(v.array(v.string()), v.maxLength(MOST_RULES));

const Rule = v.strictObject({
  to: described(
    v.string(),
    "example.org, example.org:443, *.example.org, a public address, or a set: web, packages.",
  ),
  ports: v.optional(
    described(
      v.pipe(v.array(port), v.minLength(1), v.maxLength(64)),
      "Ports or ranges such as 8000-8100; default 80 and 443.",
    ),
  ),
  protocol: v.optional(
    described(
      v.picklist(["http", "tls"], 'must be "http" or "tls", or left out'),
      "The stream must begin with a request of HTTP/1, or with TLS.",
    ),
  ),
  tls: v.optional(
    described(
      v.literal("required", 'must be "required", or left out'),
      "The stream must begin with TLS for the name that was asked for.",
    ),
  ),
  inspect: v.optional(described(v.boolean(), "Ends TLS at the host, so that requests are recorded.")),
  inject: v.optional(
    described(
      v.record(v.string(), secret),
      "Headers that the host puts into each request; over TLS this needs inspect.",
    ),
  ),
});

const Budget = v.strictObject({
  bytesOut: v.optional(described(size, "Bytes from the guest to the outside, such as 10M.")),
  connections: v.optional(
    described(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), "Streams that may be opened in all."),
  ),
  connectionsPerSecond: v.optional(
    described(v.pipe(v.number(), v.minValue(0.01), v.maxValue(100_000)), "Streams a second, on average."),
  ),
});

/** What a program gives as `NetworkPolicy`, and what a document has below `network`. */
export const NetworkSchema = v.strictObject({
  allow: v.optional(
    described(
      v.pipe(v.array(v.union([v.string(), Rule])), v.maxLength(MOST_RULES)),
      "What may be connected to; the first that fits decides.",
    ),
  ),
  deny: v.optional(described(texts, "Refused even where allow has it; without a port, on all ports.")),
  private: v.optional(described(texts, "Addresses that are not public, each with its port: 10.1.2.3:8443.")),
  budget: v.optional(described(Budget, "What all streams of a task may use together.")),
});

/** What a program gives as `OnFinding`, and what a document has below `on_finding`. */
export const OnFindingSchema = v.strictObject({
  severity: described(
    v.picklist(SEVERITIES, `must be one of ${SEVERITIES.join(", ")}`),
    "Findings of this severity or a graver one count.",
  ),
  do: described(
    v.picklist(["kill", "freeze", "continue"], "must be kill, freeze or continue"),
    "kill ends the task; freeze ends it and keeps its micro-VM for `mayfly inspect`; continue only tells.",
  ),
});

const oneOf = <const T extends readonly string[]>(values: T): v.PicklistSchema<T, string> =>
  v.picklist(values, `must be one of ${values.join(", ")}`);

/** What a program gives as `ViewPolicy`; a document has its keys beside `network`. */
export const ViewSchema = v.object({
  clipboard: v.optional(
    described(oneOf(CLIPBOARD_DIRECTIONS), "Which way text may go when a person asks for it; default none."),
  ),
  downloads: v.optional(
    described(
      oneOf(DOWNLOAD_WAYS),
      "How files come out of a live view: marked is as they are, safe is as safe copies.",
    ),
  ),
  printing: v.optional(
    described(oneOf(PRINTING_WAYS), "safe: what is printed in a live view becomes a safe PDF; default none."),
  ),
});

/** A policy document: each part of a policy has a key. */
export const PolicySchema = v.strictObject({
  $schema: v.optional(described(v.string(), "For editors; not read.")),
  network: v.optional(described(NetworkSchema, "What a task may reach; default nothing.")),
  on_finding: v.optional(
    described(OnFindingSchema, "What to do when a rule finds something; default go on."),
  ),
  ...ViewSchema.entries,
});
