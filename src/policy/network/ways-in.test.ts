import { describe, expect, it } from "vitest";
import type { NetworkPolicy } from "../../contract/index.ts";
import { WAYS_IN, type WayIn } from "../../../test/support/ways-in.ts";
import { compileNetwork, parseDestination } from "./index.ts";

/** Whether nothing would be dialled for it, and why. */
function refusalOf(policy: NetworkPolicy, { host, port, resolvesTo }: WayIn): string | undefined {
  const network = compileNetwork(policy);
  const asked = parseDestination(host, port);
  const verdict = network.decide(asked);
  if (!verdict.allowed) return verdict.reason;
  if (asked.kind === "refused" || resolvesTo === undefined) return undefined;
  const judged = network.judgeAddress(asked, resolvesTo);
  return judged.allowed ? undefined : judged.reason;
}

it("knows at least 60 ways, each once", () => {
  const asked = WAYS_IN.map(({ host, port, resolvesTo = "" }) => `${host} ${port} ${resolvesTo}`);
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.length).toBeGreaterThanOrEqual(60);
});

describe.each([["web"], ["*.example.org"]])("with %s allowed", (to) => {
  it.each(WAYS_IN)("there is no way to $tries: $host $resolvesTo", (way) => {
    const reason = refusalOf({ allow: [to] }, way);
    expect(reason).toMatch(/\w/);
    expect(reason).not.toContain("the rule is for"); // another port would not help
  });
});

it("lets names through that have public addresses, so the refusals above are about the addresses", () => {
  const way: WayIn = { host: "rebind.example.org", port: 443, resolvesTo: "1.1.1.1", tries: "a public one" };
  expect(refusalOf({ allow: ["*.example.org"] }, way)).toBeUndefined();
  expect(refusalOf({ allow: ["web"] }, way)).toBeUndefined();
});
