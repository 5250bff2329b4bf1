import { describe, expect, it } from "vitest";
import { splitTarget } from "./policy-target.ts";

describe("splitTarget", () => {
  it.each([
    ["example.org:22", "example.org", 22],
    ["example.org", "example.org", 443],
    ["[::1]:80", "::1", 80],
    ["[::1]", "::1", 443],
    ["::1", "::1", 443],
    ["0x7f.1:80", "0x7f.1", 80],
    ["https://example.org/x?y#z", "example.org", 443],
    ["http://user:word@example.org:8080/x", "example.org", 8080],
    ["HTTP://[::1]/", "::1", 80],
    ["example.org:0", "example.org", 0],
    ["", "", 443],
  ])("takes %s for %s and %d", (target, ...[host, port]) => {
    expect(splitTarget(target)).toEqual({ host, port });
  });

  it.each(["example.org:", "example.org:x", "example.org:99999", "[::1]:-1"])(
    "refuses the port of %s",
    (target) => {
      expect(() => splitTarget(target)).toThrow(/is no port/);
    },
  );
});
