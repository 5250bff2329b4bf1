import { format } from "prettier";
import { expect, it } from "vitest";
import { openApiDocument } from "../support/openapi.ts";

/** Written anew by `vitest run test/docs --update`. */
it("docs/openapi.json says what the daemon does", async () => {
  const text = await format(JSON.stringify(openApiDocument()), { parser: "json", printWidth: 110 });
  await expect(text).toMatchFileSnapshot("../../docs/openapi.json");
});
