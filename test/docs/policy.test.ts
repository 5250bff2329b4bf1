import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileNetwork, parsePolicy } from "../../src/policy/network/index.ts";
import { NETWORK_SETS } from "../../src/policy/network/sets.ts";

const text = readFileSync("docs/policy.md", "utf8");

describe("docs/policy.md", () => {
  it.each([...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example]) => [example ?? ""]))(
    "has an example that is right: %s",
    async (example) => {
      const { policy, locate } = await parsePolicy(example, "example.yaml");
      expect(compileNetwork(policy, locate).isClosed).toBe(false);
    },
  );

  it("lists every set, and every host of one", () => {
    for (const [set, parts] of Object.entries(NETWORK_SETS)) {
      expect(text).toContain(`| \`${set}\` |`);
      for (const { of, hosts } of parts) {
        if (hosts === "anything public") continue;
        expect(text).toMatch(
          new RegExp(`^\\| ${of} \\| ${hosts.map((host) => `\`${host}\``).join(", ")}`, "m"),
        );
      }
    }
  });
});
