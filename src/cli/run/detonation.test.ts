import { expect, it } from "vitest";
import { detonating } from "./detonation.ts";

it("takes every network away, the profile's too", () => {
  const policy = { network: { allow: ["example.net"] } };
  expect(detonating({ limits: { memory: 2 ** 28 }, policy }, 5000)).toEqual({
    limits: { memory: 2 ** 28, timeMs: 5000 },
    policy: { ...policy, closed: true },
  });
});
