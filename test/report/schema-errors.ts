import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const ajv = new Ajv2020({
  strict: false,
  formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) },
});
const validate = ajv.compile(
  JSON.parse(readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8")) as object,
);

/** What docs/report.schema.json has against a signed report as it was read from JSON; empty where that is nothing. */
export function schemaErrors(signed: unknown): string {
  return validate(signed) ? "" : ajv.errorsText(validate.errors);
}
