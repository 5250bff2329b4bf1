import * as v from "valibot";
import type { ViewAct } from "../contract/index.ts";
import { attempt } from "../foundation/index.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const side = v.pipe(v.number(), v.minValue(1), v.maxValue(100_000));

const ActSchema = v.variant("act", [
  v.strictObject({
    act: v.literal("size"),
    width: side,
    height: side,
    scale: v.pipe(v.number(), v.minValue(0.1), v.maxValue(16)),
  }),
  v.strictObject({ act: v.literal("paste"), text: v.string() }),
  v.strictObject({ act: v.literal("copy") }),
  v.strictObject({ act: v.literal("files") }),
  v.strictObject({ act: v.literal("save"), id: count }),
  v.strictObject({ act: v.literal("elsewhere"), number: count }),
  v.strictObject({ act: v.literal("end") }),
]);

/** Reads what a page says; undefined where it is nothing that a page of ours says. */
export function readAct(text: string): ViewAct | undefined {
  const value: unknown = attempt(() => JSON.parse(text) as unknown, "told by being nothing");
  const parsed = v.safeParse(ActSchema, value);
  return parsed.success ? parsed.output : undefined;
}
