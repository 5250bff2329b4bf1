import { webcrypto } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { compileNetwork } from "../policy/network/index.ts";
import { Resolver } from "./dns/index.ts";
import { Egress } from "./egress.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** The private keys that `work` makes, for as long as somebody has them. */
async function keysOf(work: () => Promise<unknown>): Promise<readonly WeakRef<object>[]> {
  const made: WeakRef<object>[] = [];
  const { subtle } = webcrypto;
  const generate = subtle.generateKey.bind(subtle) as (...words: unknown[]) => Promise<unknown>;
  const watched = async (...words: unknown[]): Promise<unknown> => {
    const pair = (await generate(...words)) as webcrypto.CryptoKeyPair;
    made.push(new WeakRef(pair.privateKey));
    return pair;
  };
  Object.defineProperty(subtle, "generateKey", { value: watched, configurable: true });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(subtle, "generateKey");
  }
  return made;
}

it("the end of a task leaves nobody who has the key of its authority", async () => {
  const egress = new Egress({
    network: compileNetwork({ allow: [{ to: "example.org:443", inspect: true }] }),
    resolver: new Resolver(async () => await Promise.resolve([])),
    inspects: true,
    now: () => 0,
    env: {},
  });
  const made = await keysOf(async () => await egress.authority("m0123456789ab"));
  const held = (): number => {
    collectGarbage();
    return made.filter((key) => key.deref() !== undefined).length;
  };
  await new Promise(setImmediate);
  expect([made.length, held()]).toEqual([2, 2]); // the authority's, and that of its certificates
  await egress.close();
  await expect.poll(held).toBe(0);
  expect(egress.record().streams).toEqual([]); // it is still there, so it is not that which took them along
});
