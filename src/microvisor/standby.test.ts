import { once } from "node:events";
import { expect, it } from "vitest";
import { deferred } from "../foundation/index.ts";
import { StandbyPool } from "./standby.ts";

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
