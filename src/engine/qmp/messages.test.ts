import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asUntrusted, isMayflyError } from "../../foundation/index.ts";
import { decodeQmp } from "./messages.ts";

const decode = (value: unknown): ReturnType<typeof decodeQmp> =>
  decodeQmp(asUntrusted(JSON.stringify(value)));

describe("decodeQmp", () => {
  it("knows the four kinds", () => {
    expect(decode({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 } } } })).toEqual({
      kind: "greeting",
      version: "7.2.22",
    });
    expect(decode({ return: {}, id: 3 })).toEqual({ kind: "return", id: 3, value: {} });
    expect(decode({ error: { class: "GenericError", desc: "no" }, id: 3 })).toEqual({
      kind: "error",
      id: 3,
      description: "no",
    });
    expect(decode({ event: "STOP", timestamp: {} })).toEqual({ kind: "event", name: "STOP", data: {} });
  });

  it("refuses everything else with its own code", () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom("QMP", "event", "return", "error", "id", "data"), fc.anything())
        .map((v) => {
          try {
            return JSON.stringify(v);
          } catch {
            return "{";
          }
        }),
    );
    fc.assert(
      fc.property(line, (text) => {
        try {
          expect(["greeting", "return", "error", "event"]).toContain(decodeQmp(asUntrusted(text)).kind);
        } catch (cause) {
          expect(isMayflyError(cause, "E_ENGINE_PROTOCOL")).toBe(true);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
