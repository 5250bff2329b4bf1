import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MIB, isMayflyError, type MayflyError } from "../foundation/index.ts";
import { listProfiles } from "./find-profile.ts";
import { parseProfile } from "./profile-document.ts";

const GOOD = "description: x\ndebian:\n  packages: [a]\n";

function refused(text: string): MayflyError {
  try {
    parseProfile(text, "p/profile.yaml");
  } catch (cause) {
    if (isMayflyError(cause, "E_BAD_PROFILE")) return cause;
  }
  return expect.fail("should have been refused");
}

describe("parseProfile", () => {
  it("fills in what is left out, and converts sizes and times", () => {
    expect(parseProfile(`${GOOD}memory: 100M\nlimits: { time: 90s, output: 1K }\n`, "f")).toMatchObject({
      memory: 112 * MIB,
      vcpus: 1,
      standby: 0,
      warmUp: [["true"]],
      display: false,
      limits: { timeMs: 90_000, outputBytes: 1024 },
    });
  });

  it.each([
    ["a mistyped key", `${GOOD}memroy: 1G\n`, /profile\.yaml:4: .*did you mean "memory"/],
    ["a mistyped inner key", "description: x\ndebian:\n  pakages: [a]\n", /did you mean "packages"|packages/],
    ["a bad size", `${GOOD}memory: lots\n`, /:4: memory: must be a size/],
    ["a display that is neither there nor not", `${GOOD}display: x11\n`, /:4: display: /],
    ["broken YAML", "description: [\n", /profile\.yaml:\d+: /],
    ["no packages", "description: x\ndebian:\n  packages: []\n", /packages/],
    ["nothing", "", /profile\.yaml:1: /],
  ])("tells %s with its line", (_what, text, message) => {
    expect(refused(text).message).toMatch(message);
  });

  it("takes what its tasks may reach, and tells a mistake in it with its line", () => {
    expect(parseProfile(`${GOOD}network: { allow: [example.org] }\n`, "f").network).toEqual({
      allow: ["example.org"],
    });
    expect(refused(`${GOOD}network:\n  alow: [web]\n`).message).toMatch(/:5: .*did you mean "allow"/);
    expect(() => parseProfile(`${GOOD}network:\n  allow:\n    - "*"\n`, "f")).toThrow(
      /f:6: .*network\.allow\[0\]/,
    );
  });

  it("never fails in another way", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseProfile(text, "f");
        } catch (cause) {
          expect(isMayflyError(cause, "E_BAD_PROFILE")).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

it("finds Mayfly's own profiles", () => {
  expect(listProfiles()).toEqual(expect.arrayContaining(["base", "python"]) as string[]);
});
