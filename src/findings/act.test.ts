import { expect, it } from "vitest";
import type { Finding, Severity } from "../contract/index.ts";
import { actionOn } from "./index.ts";

const found = (severity: Severity): Finding => ({
  rule: `a-${severity}-rule`,
  severity,
  text: "x",
  techniques: [],
  voice: "witness",
  evidence: [],
  evidenceOmitted: 0,
});

it("acts on the gravest finding that is grave enough, and on nothing else", () => {
  const findings = [found("low"), found("high"), found("critical"), found("medium")];
  expect(actionOn(findings, { severity: "high", do: "kill" })).toMatchObject({
    do: "kill",
    finding: { severity: "critical" },
  });
  expect(actionOn(findings.slice(0, 2), { severity: "high", do: "freeze" })).toMatchObject({
    do: "freeze",
    finding: { severity: "high" },
  });
  expect(actionOn(findings.slice(0, 1), { severity: "medium", do: "kill" })).toBeUndefined();
  expect(actionOn(findings, { severity: "info", do: "continue" })).toBeUndefined();
  expect(actionOn([], { severity: "info", do: "kill" })).toBeUndefined();
});
