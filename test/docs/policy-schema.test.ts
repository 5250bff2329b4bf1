import { toJsonSchema } from "@valibot/to-json-schema";
import { format } from "prettier";
import { expect, it } from "vitest";
import { PolicySchema } from "../../src/policy/network/schema.ts";

/** Written anew by `vitest run test/docs --update`. */
it("docs/policy.schema.json says what policy documents may say", async () => {
  const schema = toJsonSchema(PolicySchema, {
    target: "draft-2020-12",
    typeMode: "input",
    errorMode: "throw",
    ignoreActions: ["transform"],
  });
  const titled = { ...schema, title: "A policy of Mayfly", description: "docs/policy.md describes it." };
  const text = await format(JSON.stringify(titled), { parser: "json", printWidth: 110 });
  await expect(text).toMatchFileSnapshot("../../docs/policy.schema.json");
});
