import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MATRIX } from "../../../test/support/shipped-rules.ts";
import { isMayflyError } from "../../foundation/index.ts";
import { parseRules } from "./parse-rules.ts";

const rule = (lines: readonly string[]): string =>
  ["rules:", "  - id: my-rule", ...lines.map((line) => `    ${line}`)].join("\n");
const FINE = ["severity: low", "text: Something.", "match: { event: exec, name: sh }"];

function mistakeIn(text: string): string {
  try {
    parseRules(text, "my.yaml", MATRIX);
  } catch (cause) {
    if (isMayflyError(cause, "E_BAD_RULE")) return cause.message;
    throw cause;
  }
  return "none";
}

describe("a file of rules", () => {
  it("gives each rule its techniques by their published names, and its line", () => {
    const [parsed] = parseRules(rule([...FINE, "techniques: [T1059.004]"]), "my.yaml", MATRIX);
    expect(parsed).toMatchObject({
      id: "my-rule",
      severity: "low",
      where: "my.yaml:2",
      techniques: [{ id: "T1059.004", name: "Unix Shell", tactics: ["execution"] }],
      pattern: { kind: "once" },
    });
  });

  it.each([
    ["a mistyped key", [...FINE, "techniqes: []"], /^my\.yaml:6: .*did you mean "techniques"/],
    [
      "a mistyped event",
      ["severity: low", "text: x", "match: { event: exce }"],
      /my\.yaml:5: .*did you mean "exec"/,
    ],
    [
      "a mistyped field",
      ["severity: low", "text: x", "match:", "  event: exec", "  progam: x"],
      /my\.yaml:7: rules\[0\]\.match\.progam: .*did you mean "program"/,
    ],
    [
      "a mistyped operator",
      ["severity: low", "text: x", "match: { event: exec, name: { globb: x } }"],
      /did you mean "glob"/,
    ],
    ["an unknown technique", [...FINE, "techniques: [T1053.999]"], /T1053 is "Scheduled Task\/Job"/],
    [
      "an unknown severity",
      ["severity: grave", "text: x", "match: { event: exec }"],
      /must be one of info, low/,
    ],
    ["no event", ["severity: low", "text: x", "match: {}"], /names no event/],
    ["a field before its event", ["severity: low", "text: x", "match: { name: sh }"], /event must be named/],
    ["neither match nor sequence", ["severity: low", "text: x"], /either match or sequence/],
    [
      "a number for text",
      ["severity: low", "text: x", "match: { event: exec, name: 7 }"],
      /put it in quotes: "7"/,
    ],
    [
      "text for a number",
      ["severity: low", "text: x", "match: { event: exec, user: root }"],
      /must be a number/,
    ],
    [
      "a size that is none",
      ["severity: low", "text: x", "match: { event: stream, bytesOut: { atLeast: much } }"],
      /a size such as 10M/,
    ],
    [
      "a comparison of text",
      ["severity: low", "text: x", "match: { event: exec, name: { atLeast: 3 } }"],
      /no number/,
    ],
    [
      "braces without end",
      ["severity: low", "text: x", 'match: { event: exec, name: { glob: "{a" } }'],
      /braces/,
    ],
    [
      "an empty part",
      ["severity: low", "text: x", 'match: { event: exec, name: { contains: "" } }'],
      /1 … 300/,
    ],
    ["a field of another event", [...FINE, "count: { atLeast: 2, per: path }"], /has no such field/],
    ["a count of one", [...FINE, "count: { atLeast: 1 }"], /at least 2/],
    ["same without a sequence", [...FINE, "same: file"], /goes with sequence/],
    ["a bad id", ["id: x", "severity: low"], /./],
    ["a second key", ["severity: low", "severity: low"], /unique/],
  ])("tells %s, where it is and what to do", (_what, lines, expected) => {
    expect(mistakeIn(rule(lines))).toMatch(expected);
  });

  it("refuses two rules of one id, nesting without end, and too much", () => {
    const twice = `${rule(FINE)}\n${rule(FINE).replace("rules:\n", "")}`;
    expect(mistakeIn(twice)).toMatch(/my\.yaml:6: .*there is a rule "my-rule" already/);
    const deep = `${"{ not: ".repeat(20)}{ event: exec }${" }".repeat(20)}`;
    expect(mistakeIn(rule(["severity: low", "text: x", `match: ${deep}`]))).toMatch(/deeper than/);
    expect(mistakeIn(" ".repeat(2 ** 20 + 1))).toMatch(/larger than 1 MiB/);
  });

  it("fails in no other way, whatever is written", () => {
    const part = fc.constantFrom(
      "event",
      "exec",
      "name",
      "not",
      "any",
      "all",
      "glob",
      "count",
      "per",
      "x",
      7,
      true,
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        part,
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(part.map(String), tie("any"), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, value, (match, count) => {
        const base = { id: "my-rule", severity: "low", text: "x" };
        mistakeIn(JSON.stringify({ rules: [{ ...base, match, count }] }));
        mistakeIn(JSON.stringify({ rules: [{ ...base, sequence: [match, count], same: "file" }] }));
      }),
      { numRuns: 500 },
    );
  });
});
