import { describe, expect, it } from "vitest";
import { FRAMING, HOP_BY_HOP } from "../../policy/network/index.ts";
import { checkInjected, endToEnd, trailersForRealServer } from "./headers.ts";

describe("headers that frame a message", () => {
  it.each([...FRAMING])("%s can neither be injected nor come as a trailer", (name) => {
    expect(() => checkInjected({ [name.toUpperCase()]: "x" })).toThrow(/frames the request/);
    expect(trailersForRealServer([name.toUpperCase(), "x"], {})).toEqual([]);
  });

  it.each([...HOP_BY_HOP])("%s does not go on to the next connection", (name) => {
    expect(endToEnd([name.toUpperCase(), "x", "X-Kept", "1"])).toEqual([["X-Kept", "1"]]);
  });

  it("are not those that a policy may inject", () => {
    const inject = { Authorization: "Bearer x", Cookie: "a=b", "X-Api-Key": "k" };
    expect(checkInjected(inject)).toBe(inject);
  });
});
