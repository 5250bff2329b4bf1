import * as v from "valibot";
import { SEVERITIES } from "../../contract/index.ts";
import { parseTime } from "../../foundation/index.ts";

/** More rules than anybody writes into one file. */
const MOST_RULES = 1000;

const time = v.pipe(
  v.string(),
  v.check((text) => parseTime(text) !== undefined, "must be a time such as 10s"),
  v.transform((text) => parseTime(text) ?? 0),
);
/** Its keys are an event's fields, which the schema does not know. */
const condition = v.record(v.string(), v.unknown());

const Count = v.strictObject({
  atLeast: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(10_000)),
  /** Only different values of this field count. */
  distinct: v.optional(v.string()),
  /** Each value of this field is counted by itself. */
  per: v.optional(v.string()),
  within: v.optional(time),
  /** How much the pauses between them may differ from their mean, as a share of it. */
  regular: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** Shortest mean pause. */
  apart: v.optional(time),
});

const Rule = v.strictObject({
  id: v.pipe(
    v.string(),
    v.regex(/^[a-z][a-z0-9-]{2,63}$/, "must be lower-case letters, digits and dashes, 3 … 64 of them"),
  ),
  severity: v.picklist(SEVERITIES, `must be one of ${SEVERITIES.join(", ")}`),
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
  techniques: v.optional(v.pipe(v.array(v.string()), v.maxLength(8)), []),
  match: v.optional(condition),
  count: v.optional(Count),
  sequence: v.optional(v.pipe(v.array(condition), v.minLength(2), v.maxLength(8))),
  /** Field that must have one value in all steps. */
  same: v.optional(v.string()),
  within: v.optional(time),
});

export const RulesSchema = v.strictObject({
  rules: v.pipe(v.array(Rule), v.maxLength(MOST_RULES)),
});

export type RuleDocument = v.InferOutput<typeof Rule>;
export type CountDocument = v.InferOutput<typeof Count>;
