import { toJsonSchema } from "@valibot/to-json-schema";
import { format } from "prettier";
import { expect, it } from "vitest";
import { SignedReportSchema } from "../../src/report/schema.ts";

/** Written anew by `vitest run test/docs --update`. */
it("docs/report.schema.json says what reports look like", async () => {
  const schema = toJsonSchema(SignedReportSchema, {
    target: "draft-2020-12",
    typeMode: "input",
    errorMode: "throw",
  });
  const titled = {
    ...schema,
    title: "A signed report of Mayfly",
    description: "docs/reports.md describes it.",
  };
  const text = await format(JSON.stringify(titled), { parser: "json", printWidth: 110 });
  await expect(text).toMatchFileSnapshot("../../docs/report.schema.json");
});
