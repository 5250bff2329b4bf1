import { once } from "node:events";
import { expect, it } from "vitest";
import { deferred, sleep } from "../foundation/index.ts";
import type { MicroVm } from "./micro-vm.ts";
import { StandbyPool } from "./standby.ts";

/** As much of a machine as a pool looks at. */
const STILL = {
  machine: { ended: new Promise(() => undefined) },
  dispose: async () => {
    await Promise.resolve();
  },
} as unknown as MicroVm;

it("ends what is being made when it is closed, and tells whoever waits for it", async () => {
  const begun = deferred<undefined>();
  const pool = new StandbyPool(async (signal) => {
    begun.resolve(undefined);
    await once(signal, "abort");
    throw signal.reason;
  });
  const waiting = expect(pool.keep(2)).rejects.toMatchObject({ code: "E_CANCELLED" });
  await begun.promise;
  await pool[Symbol.asyncDispose]();
  await waiting;
});

it("makes one that takes long anew when the one before has come to rest, and not while it is busy", async () => {
  const rest = deferred<undefined>();
  let made = 0;
  const again = deferred<undefined>();
  const pool = new StandbyPool(
    async () => {
      await sleep(1100);
      if (++made === 2) again.resolve(undefined);
      return STILL;
    },
    async () => {
      await rest.promise;
    },
  );
  await pool.keep(1);
  expect(pool.take()).toBe(STILL);
  await sleep(1500);
  expect(made).toBe(1);
  rest.resolve(undefined);
  await again.promise;
  await pool[Symbol.asyncDispose]();
});
