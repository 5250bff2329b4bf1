import { describe, expect, it } from "vitest";
import { deferred } from "../../foundation/index.ts";
import { Resolver, type Ask } from "./index.ts";

/** A resolver with a clock of its own, and the names that it asked for. */
function resolving(answer: Ask): { resolver: Resolver; asked: string[]; clock: { now: number } } {
  const asked: string[] = [];
  const clock = { now: 0 };
  const resolver = new Resolver(
    async (name) => {
      asked.push(name);
      return await answer(name);
    },
    () => clock.now,
  );
  return { resolver, asked, clock };
}
const having =
  (ttl: number, ...addresses: readonly string[]): Ask =>
  async () =>
    await Promise.resolve(addresses.map((address) => ({ address, ttl })));

describe("an answer", () => {
  it.each([
    [60, 60],
    [86_400, 300],
  ])("with a TTL of %i s is believed for %i s", async (ttl, seconds) => {
    const { resolver, asked, clock } = resolving(having(ttl, "192.0.2.1"));
    expect(await resolver.resolve("a.test")).toEqual(["192.0.2.1"]);
    clock.now = seconds * 1000 - 1;
    await resolver.resolve("a.test");
    expect(asked).toHaveLength(1);
    clock.now = seconds * 1000;
    await resolver.resolve("a.test");
    expect(asked).toHaveLength(2);
  });

  it("with TTL 0 is used once", async () => {
    const { resolver, asked } = resolving(having(0, "192.0.2.1"));
    await resolver.resolve("a.test");
    await resolver.resolve("a.test");
    expect(asked).toHaveLength(2);
  });

  it("is believed as long as the shortest of its TTLs says, and has each address once, at most 32", async () => {
    const many = Array.from({ length: 100 }, (_, i) => ({ address: `192.0.2.${i}`, ttl: i + 1 }));
    const { resolver, asked, clock } = resolving(async () => await Promise.resolve([...many, ...many]));
    expect(new Set(await resolver.resolve("a.test")).size).toBe(32);
    clock.now = 1_000;
    expect(await resolver.resolve("a.test")).toHaveLength(32);
    expect(asked).toHaveLength(2);
  });

  it("is for its name only", async () => {
    const { resolver } = resolving(
      async (name) => await having(60, name === "a.test" ? "192.0.2.1" : "192.0.2.2")(""),
    );
    expect(await resolver.resolve("a.test")).toEqual(["192.0.2.1"]);
    expect(await resolver.resolve("b.test")).toEqual(["192.0.2.2"]);
  });
});

describe("no answer", () => {
  it("is remembered for 5 s, whether the name is not there or nobody answers", async () => {
    const failing: Ask = async () => await Promise.reject(new Error("silence"));
    for (const answer of [having(60), failing]) {
      const { resolver, asked, clock } = resolving(answer);
      const outcome = async (): Promise<unknown> => await resolver.resolve("a.test").catch(String);
      const first = await outcome();
      clock.now = 4_999;
      expect(await outcome()).toEqual(first);
      expect(asked).toHaveLength(1);
      clock.now = 5_000;
      await outcome();
      expect(asked).toHaveLength(2);
    }
  });
});

it("asks once for those who want the same at the same time, and tells all of them", async () => {
  const pending = deferred<readonly { address: string; ttl: number }[]>();
  const { resolver, asked } = resolving(async () => await pending.promise);
  const wanted = Array.from({ length: 100 }, async () => await resolver.resolve("a.test"));
  pending.resolve([{ address: "192.0.2.1", ttl: 0 }]);
  expect(await Promise.all(wanted)).toEqual(wanted.map(() => ["192.0.2.1"]));
  expect(asked).toHaveLength(1);
});

it("remembers at most 1,000 names, the latest", async () => {
  const { resolver, asked } = resolving(having(60, "192.0.2.1"));
  for (let i = 0; i < 1_001; i++) await resolver.resolve(`n${i}.test`);
  await resolver.resolve("n1.test");
  expect(asked).toHaveLength(1_001);
  await resolver.resolve("n0.test");
  expect(asked).toHaveLength(1_002);
});
