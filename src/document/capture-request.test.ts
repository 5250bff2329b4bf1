import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMayflyError } from "../foundation/index.ts";
import { admitAddress, admitCapture } from "./capture-request.ts";

const usage = (work: () => unknown): string => {
  try {
    work();
  } catch (cause) {
    if (isMayflyError(cause, "E_USAGE")) return cause.message;
  }
  return expect.fail("should have been refused");
};

describe("admitAddress", () => {
  it.each([
    ["https://example.org", "https://example.org/", "example.org"],
    ["example.org/a b", "https://example.org/a%20b", "example.org"],
    [" http://EXAMPLE.org:8080/x?y#z ", "http://example.org:8080/x?y#z", "example.org"],
    ["http://[::1]/", "http://[::1]/", "___1_"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example"],
  ])("reads %s", (text, url, host) => {
    expect(admitAddress(text)).toEqual({ url, host });
  });

  it.each([
    ["", "not one"],
    ["file:///etc/passwd", "file:"],
    ["chrome://settings", "chrome:"],
    ["https://user:word@example.org/", "password"],
    ["https://exa mple.org/", "not one"],
    [`https://example.org/${"x".repeat(8_192)}`, "not one"],
  ])("refuses %s", (text, why) => {
    expect(usage(() => admitAddress(text))).toContain(why);
  });

  it("gives a name that is safe for a file, whatever it gets", () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string(), fc.domain()), (text) => {
        try {
          const { url, host } = admitAddress(text);
          expect(host).toMatch(/^[a-z0-9._-]{1,150}$/);
          expect(url).toMatch(/^https?:\/\/[\x21-\x7e]*$/);
        } catch (cause) {
          expect(isMayflyError(cause, "E_USAGE")).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("admitCapture", () => {
  it("takes all forms from the whole web where nothing is said", () => {
    expect(admitCapture({})).toMatchObject({
      choices: { forms: ["pdf", "png", "text"] },
      width: 1_280,
      seconds: 60,
      network: { allow: ["web"] },
    });
  });

  it("takes what it is told to reach instead of the web", () => {
    const network = { allow: ["example.org"] };
    expect(admitCapture({ policy: { network } }).network).toBe(network);
  });

  it.each([
    [{ as: "csv" }, "csv"],
    [{ as: ["png", "csv"] }, "csv"],
    [{ width: 100 }, "width"],
    [{ width: 10_000 }, "width"],
    [{ wait: 10 }, "wait"],
    [{ quality: 0 }, "quality"],
  ] as const)("refuses %o", (choices, word) => {
    expect(usage(() => admitCapture(choices))).toContain(word);
  });
});
