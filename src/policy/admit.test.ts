import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MIB, isMayflyError } from "../foundation/index.ts";
import { DEFAULT_LIMITS, LIMIT_RANGES } from "../contract/index.ts";
import { admit, admitLimits } from "./admit.ts";
import { MEMORY_STEP } from "./defaults.ts";

const usage = (work: () => unknown): string => {
  try {
    work();
  } catch (cause) {
    if (isMayflyError(cause, "E_USAGE")) return cause.message;
  }
  return expect.fail("should have been refused");
};

describe("admit", () => {
  it("gives a task nothing that was not asked for", () => {
    expect(admit({ command: ["true"] })).toEqual({
      profile: "base",
      command: ["true"],
      inputs: [],
      out: undefined,
      force: false,
      limits: DEFAULT_LIMITS,
      needsHardware: false,
      env: {},
      cwd: "/home/user",
      user: "user",
      terminal: undefined,
    });
  });

  it("closes the network of a profile where that is asked for", () => {
    const profile = { network: { allow: ["example.org"] } };
    const asked = { command: ["true"], policy: { network: { allow: ["example.net"] } } };
    expect(admit(asked, profile).network?.policy.allow).toHaveLength(2);
    expect(admit({ ...asked, policy: { ...asked.policy, closed: true } }, profile).network).toBeUndefined();
  });

  it("refuses an empty command", () => {
    expect(usage(() => admit({ command: [] }))).toContain("empty");
    expect(usage(() => admit({ command: [""] }))).toContain("empty");
  });

  it("refuses NUL wherever it would cut a string short", () => {
    expect(usage(() => admit({ command: ["a\0b"] }))).toContain("NUL");
    expect(usage(() => admit({ command: ["a"], env: { A: "\0" } }))).toContain("NUL");
    expect(usage(() => admit({ command: ["a"], cwd: "/\0" }))).toContain("NUL");
  });

  it("refuses two inputs of one name, and tells both", () => {
    const message = usage(() => admit({ command: ["a"], inputs: ["x/data.csv", "y/data.csv"] }));
    expect(message).toContain("x/data.csv");
    expect(message).toContain("y/data.csv");
  });

  it("never lets an input's name leave /in", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        try {
          const [input] = admit({ command: ["a"], inputs: [{ path: "/tmp/x", name }] }).inputs;
          expect(input?.name).not.toMatch(/\/|\0/);
          expect(["", ".", ".."]).not.toContain(input?.name);
        } catch (cause) {
          expect(isMayflyError(cause, "E_USAGE")).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses a command too large for the guest", () => {
    expect(usage(() => admit({ command: ["a", "x".repeat(70_000)] }))).toContain("bytes");
  });

  it("refuses variables that are none", () => {
    expect(usage(() => admit({ command: ["a"], env: { "A=B": "c" } }))).toContain("variable");
  });
});

describe("admitLimits", () => {
  it("lets a request override the profile, and the profile the default", () => {
    const limits = admitLimits({ timeMs: 5000 }, { timeMs: 9000, processes: 7 });
    expect(limits).toMatchObject({ timeMs: 5000, processes: 7, outFiles: DEFAULT_LIMITS.outFiles });
  });

  it("rounds memory up to whole steps", () => {
    expect(admitLimits({ memory: 100 * MIB }).memory % MEMORY_STEP).toBe(0);
    expect(admitLimits({ memory: 100 * MIB }).memory).toBeGreaterThanOrEqual(100 * MIB);
  });

  it("holds every limit within its range, whatever is asked", () => {
    const value = fc.oneof(fc.double(), fc.integer(), fc.constant(Number.NaN));
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(LIMIT_RANGES) as (keyof typeof LIMIT_RANGES)[])),
        value,
        (name, asked) => {
          const [least, most] = LIMIT_RANGES[name];
          try {
            const got = admitLimits({ [name]: asked })[name] ?? 0;
            expect(got).toBeGreaterThanOrEqual(least);
            expect(got).toBeLessThanOrEqual(most);
          } catch (cause) {
            expect(isMayflyError(cause, "E_USAGE")).toBe(true);
            expect(asked >= least && asked <= most).toBe(false);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});
