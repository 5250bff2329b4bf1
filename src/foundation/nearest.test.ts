import { expect, it } from "vitest";
import { nearest } from "./nearest.ts";

it("suggests only what is near", () => {
  expect(nearest("tbsize", ["tbSize", "memory"])).toBe("tbSize");
  expect(nearest("zzzzzz", ["tbSize", "memory"])).toBeUndefined();
  expect(nearest("x".repeat(1e6), ["tbSize"])).toBeUndefined();
});

it("takes swapped letters for one mistake", () => {
  expect(nearest("tsl", ["to", "tls", "ports"])).toBe("tls");
});
