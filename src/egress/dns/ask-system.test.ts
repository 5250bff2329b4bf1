import { beforeEach, describe, expect, it, vi } from "vitest";
import { deferred } from "../../foundation/index.ts";
import { askSystem } from "./index.ts";

/** What stands for DNS and for the system's other sources; each test says what they answer. */
const system = vi.hoisted(() => ({
  resolve4: async (_name: string): Promise<unknown> => await Promise.resolve([]),
  resolve6: async (_name: string): Promise<unknown> => await Promise.resolve([]),
  lookup: async (_name: string): Promise<unknown> => await Promise.resolve([]),
}));
vi.mock("node:dns/promises", () => ({
  Resolver: class {
    setServers(): void {
      // none is asked
    }
    async resolve4(name: string): Promise<unknown> {
      return await system.resolve4(name);
    }
    async resolve6(name: string): Promise<unknown> {
      return await system.resolve6(name);
    }
  },
  lookup: async (name: string) => await system.lookup(name),
}));

const failing = (code: string) => async (): Promise<never> =>
  await Promise.reject(Object.assign(new Error(code), { code }));
let lookups: string[];

beforeEach(() => {
  lookups = [];
  system.resolve4 = failing("ENOTFOUND");
  system.resolve6 = failing("ENOTFOUND");
  system.lookup = async (name) => {
    lookups.push(name);
    return await Promise.resolve([{ address: "192.0.2.9", family: 4 }]);
  };
});

describe("the system's other sources", () => {
  it.each([
    ["ENOTFOUND", "ENOTFOUND"],
    ["ENODATA", "ENODATA"],
    ["ENOTFOUND", "ENODATA"],
  ])("are asked where DNS says %s and %s", async (v4, v6) => {
    system.resolve4 = failing(v4);
    system.resolve6 = failing(v6);
    expect(await askSystem()("printer.local")).toEqual([{ address: "192.0.2.9", ttl: 0 }]);
    expect(lookups).toEqual(["printer.local"]);
  });

  it.each(["ETIMEOUT", "ESERVFAIL", "EREFUSED", "ECONNREFUSED"])(
    "are not asked where DNS says %s, which is told",
    async (code) => {
      system.resolve4 = failing(code);
      await expect(askSystem()("a.test")).rejects.toMatchObject({ code });
      system.resolve4 = failing("ENODATA");
      system.resolve6 = failing(code);
      await expect(askSystem()("a.test")).rejects.toMatchObject({ code });
      expect(lookups).toEqual([]);
    },
  );

  it("are not asked where DNS has an address of one family, whatever it says of the other", async () => {
    system.resolve4 = async () => await Promise.resolve([{ address: "192.0.2.1", ttl: 7 }]);
    for (const code of ["ENODATA", "ESERVFAIL"]) {
      system.resolve6 = failing(code);
      expect(await askSystem()("a.test")).toEqual([{ address: "192.0.2.1", ttl: 7 }]);
    }
    expect(lookups).toEqual([]);
  });

  it("are not asked where the servers were named", async () => {
    expect(await askSystem(["127.0.0.1:5300"])("a.test")).toEqual([]);
    expect(lookups).toEqual([]);
  });

  it("are asked for two names at a time; further ones are not there, rather than waited for", async () => {
    const pending = deferred<unknown>();
    system.lookup = async (name) => {
      lookups.push(name);
      return await pending.promise;
    };
    const ask = askSystem();
    const first = [ask("one.test"), ask("two.test")];
    const further = await Promise.all(["three.test", "four.test"].map(ask));
    expect(further).toEqual([[], []]);
    expect(lookups).toEqual(["one.test", "two.test"]);
    pending.resolve([{ address: "192.0.2.9", family: 4 }]);
    expect(await Promise.all(first)).toEqual([1, 2].map(() => [{ address: "192.0.2.9", ttl: 0 }]));
    await ask("five.test");
    expect(lookups).toEqual(["one.test", "two.test", "five.test"]);
  });

  it("that fail are no answer, and make room for the next", async () => {
    system.lookup = async (name) => {
      lookups.push(name);
      return await failing("EAI_AGAIN")();
    };
    const ask = askSystem();
    for (const name of ["one.test", "two.test", "three.test"]) expect(await ask(name)).toEqual([]);
    expect(lookups).toHaveLength(3);
  });
});
