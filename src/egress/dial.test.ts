import { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listening, stop, type Counting } from "../../test/support/asked-streams.ts";
import { deafServer, type DeafServer } from "../../test/support/deaf-server.ts";
import type { CheckedAddress } from "./addresses.ts";
import { dial } from "./dial.ts";
import { isRefused, type Refused } from "./refused.ts";

const open: { deaf: DeafServer[]; servers: Counting[]; sockets: Socket[] } = {
  deaf: [],
  servers: [],
  sockets: [],
};
afterEach(() => {
  vi.useRealTimers();
  for (const each of open.deaf.splice(0)) each.stop();
  for (const each of open.servers.splice(0)) stop(each);
  for (const each of open.sockets.splice(0)) each.destroy();
});

const hasIPv6 = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .some(({ address }) => address === "::1");
const checked = (...addresses: readonly string[]): CheckedAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

async function deaf(host: string, port?: number): Promise<number> {
  const made = await deafServer(host, port);
  open.deaf.push(made);
  return made.port;
}
async function serve(host: string, port: number): Promise<Counting> {
  const made = await listening(undefined, { host, port });
  open.servers.push(made);
  return made;
}
async function dialling(
  port: number,
  addresses: readonly string[],
  signal = new AbortController().signal,
): Promise<Socket | Refused> {
  const outcome = await dial(port, checked(...addresses), signal);
  if (outcome instanceof Socket) open.sockets.push(outcome);
  return outcome;
}
const winner = (outcome: Socket | Refused): string | undefined =>
  isRefused(outcome) ? outcome.refused.reason : outcome.remoteAddress;
/** Only time-outs stand still; sockets go on. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
}

describe("a race of addresses", () => {
  it("tries the next where the first is silent, after 250 ms and not before", async () => {
    const port = await deaf("127.0.0.2");
    const second = await serve("127.0.0.3", port);
    stopClock();
    const outcome = dialling(port, ["127.0.0.2", "127.0.0.3"]);
    vi.advanceTimersByTime(249);
    await turns();
    expect(second.sockets).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(winner(await outcome)).toBe("127.0.0.3");
    expect(second.sockets).toHaveLength(1);
  });

  it("tries the next at once where the first refuses", async () => {
    const good = await serve("127.0.0.3", 0);
    stopClock();
    expect(winner(await dialling(good.port, ["127.0.0.2", "127.0.0.3"]))).toBe("127.0.0.3");
  });

  it("is won by the first where it answers, and the second is not troubled", async () => {
    const first = await serve("127.0.0.2", 0);
    const second = await serve("127.0.0.3", first.port);
    expect(winner(await dialling(first.port, ["127.0.0.2", "127.0.0.3"]))).toBe("127.0.0.2");
    expect(second.sockets).toHaveLength(0);
  });

  it.skipIf(!hasIPv6)(
    "takes the families by turns, so that one which is silent holds up the other once",
    async () => {
      const port = await deaf("127.0.0.2");
      await deaf("127.0.0.3", port);
      await serve("::1", port);
      stopClock();
      const outcome = dialling(port, ["127.0.0.2", "127.0.0.3", "::1"]);
      vi.advanceTimersByTime(250);
      expect(winner(await outcome)).toBe("::1");
    },
  );

  it("ends after 20 s where all are silent, and leaves no attempt behind", async () => {
    const destroyed = vi.spyOn(Socket.prototype, "destroy");
    const port = await deaf("127.0.0.2");
    await deaf("127.0.0.3", port);
    stopClock();
    const outcome = dialling(port, ["127.0.0.2", "127.0.0.3"]);
    let isSettled = false;
    void outcome.then(() => (isSettled = true));
    vi.advanceTimersByTime(19_999);
    await turns();
    expect(isSettled).toBe(false);
    destroyed.mockClear();
    vi.advanceTimersByTime(1);
    expect(winner(await outcome)).toBe("it does not answer");
    expect(destroyed).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
    destroyed.mockRestore();
  });

  it("tells of the first failure where all fail, and ends when the program gives up", async () => {
    const { port, server } = await listening();
    server.close();
    expect(winner(await dialling(port, ["127.0.0.2", "127.0.0.3"]))).toBe("nobody listens there");
    const silent = await deaf("127.0.0.2");
    const gone = new AbortController();
    const outcome = dialling(silent, ["127.0.0.2"], gone.signal);
    await turns();
    gone.abort();
    expect(winner(await outcome)).toBe("the program gave up");
    expect(winner(await dialling(silent, ["127.0.0.2"], gone.signal))).toBe("the program gave up");
  });
});
