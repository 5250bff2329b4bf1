import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deferred } from "../../foundation/index.ts";
import { askSystem } from "./index.ts";

/** What stands for DNS and for `/etc/hosts`; each test says what they answer. */
const system = vi.hoisted(() => ({
  resolve4: async (_name: string): Promise<unknown> => await Promise.resolve([]),
  resolve6: async (_name: string): Promise<unknown> => await Promise.resolve([]),
  hosts: (_name: string): readonly string[] => [],
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
}));
vi.mock("./hosts-file.ts", () => ({
  HostsFile: class {
    async addressesOf(name: string): Promise<readonly string[]> {
      return await Promise.resolve(system.hosts(name));
    }
  },
}));

const failing = (code: string) => async (): Promise<never> =>
  await Promise.reject(Object.assign(new Error(code), { code }));
let lookups: string[];

beforeEach(() => {
  lookups = [];
  system.resolve4 = failing("ENOTFOUND");
  system.resolve6 = failing("ENOTFOUND");
  system.hosts = (name) => {
    lookups.push(name);
    return ["192.0.2.9"];
  };
});

describe("the names of /etc/hosts", () => {
  it.each([
    ["ENOTFOUND", "ENOTFOUND"],
    ["ENODATA", "ENODATA"],
    ["ENOTFOUND", "ENODATA"],
  ])("are asked where DNS says %s and %s", async (v4, v6) => {
    system.resolve4 = failing(v4);
    system.resolve6 = failing(v6);
    expect(await askSystem()("printer.test")).toEqual([{ address: "192.0.2.9", ttl: 0 }]);
    expect(lookups).toEqual(["printer.test"]);
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

  it("may not have it either, which is the answer", async () => {
    system.hosts = () => [];
    expect(await askSystem()("a.test")).toEqual([]);
  });
});

describe("a family that keeps silent", () => {
  const silent = async (): Promise<never> => await new Promise(() => undefined);
  const addresses = (address: string) => async () => await Promise.resolve([{ address, ttl: 60 }]);
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    { none: "resolve6", has: "resolve4", address: "192.0.2.1" },
    { none: "resolve4", has: "resolve6", address: "2001:db8::1" },
  ] as const)("is waited for no longer than 50 ms: $none", async ({ none, has, address }) => {
    system[none] = silent;
    system[has] = addresses(address);
    const asking = askSystem()("a.test");
    const seen = vi.fn();
    void asking.then(seen);
    await vi.advanceTimersByTimeAsync(49);
    expect(seen).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toHaveBeenCalled();
    expect(await asking).toEqual([{ address, ttl: 5 }]); // soon asked for again, as it was only silent
    expect(lookups).toEqual([]);
  });

  it("is heard where it speaks in time", async () => {
    const late = deferred<unknown>();
    system.resolve6 = async () => await late.promise;
    system.resolve4 = addresses("192.0.2.1");
    const asking = askSystem()("a.test");
    await vi.advanceTimersByTimeAsync(49);
    late.resolve([{ address: "2001:db8::1", ttl: 60 }]);
    expect(await asking).toEqual([
      { address: "2001:db8::1", ttl: 60 },
      { address: "192.0.2.1", ttl: 60 },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["has no addresses", async () => await Promise.resolve([])],
    ["says that there are none", failing("ENODATA")],
    ["fails", failing("ESERVFAIL")],
  ])("is waited for where the other %s", async (_what, other) => {
    const late = deferred<unknown>();
    system.resolve6 = async () => await late.promise;
    system.resolve4 = other;
    const asking = askSystem()("a.test");
    await vi.advanceTimersByTimeAsync(5_000);
    late.resolve([{ address: "2001:db8::1", ttl: 60 }]);
    expect(await asking).toEqual([{ address: "2001:db8::1", ttl: 60 }]);
  });
});
