import { expect, it } from "vitest";
import { admit } from "../../policy/index.ts";
import { detonating } from "./detonation.ts";

it("takes every network away, the profile's too", () => {
  const task = detonating({ limits: { memory: 2 ** 28 }, policy: { network: { allow: ["example.net"] } } }, 5000);
  expect(task.limits).toEqual({ memory: 2 ** 28, timeMs: 5000 });
  const admitted = admit({ ...task, command: ["true"] }, { network: { allow: ["example.org"] } });
  expect(admitted.network).toBeUndefined();
  expect(admitted.limits.timeMs).toBe(5000);
});
