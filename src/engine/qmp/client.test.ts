import { duplexPair } from "node:stream";
import { describe, expect, it } from "vitest";
import { QmpClient } from "./client.ts";

function connected(): { client: QmpClient; far: ReturnType<typeof duplexPair>[1]; said: () => string } {
  const [near, far] = duplexPair();
  let text = "";
  far.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { client: new QmpClient(near), far, said: () => text };
}

describe("QmpClient", () => {
  it("negotiates first and matches answers by id, in any order", async () => {
    const { client, far, said } = connected();
    const stop = client.execute("stop");
    const cont = client.execute("cont");
    far.write('{"return":{"b":1},"id":3}\r\n{"return":{},"id":1}\r\n{"return":{"a":1},"id":2}\r\n');
    expect(await stop).toEqual({ a: 1 });
    expect(await cont).toEqual({ b: 1 });
    expect(said().split("\n")[0]).toContain("qmp_capabilities");
  });

  it("rejects with QEMU's words, neutralised", async () => {
    const { client, far } = connected();
    const stop = client.execute("stop");
    far.write(`${JSON.stringify({ id: 2, error: { desc: "bad \u001b[2J" } })}\n`);
    await expect(stop).rejects.toMatchObject({
      code: "E_ENGINE_PROTOCOL",
      message: expect.stringContaining("\\u{1b}") as string,
    });
  });

  it("rejects everything pending when the other side closes, and everything after", async () => {
    const { client, far } = connected();
    const stop = client.execute("stop");
    far.end();
    await expect(stop).rejects.toMatchObject({ code: "E_ENGINE_DIED" });
    await expect(client.execute("cont")).rejects.toMatchObject({ code: "E_ENGINE_DIED" });
  });

  it.each([
    ["not json", "{oops\n"],
    ["an endless line", "x".repeat(2 ** 20 + 10)],
  ])("ends the connection at %s", async (_what, bytes) => {
    const { client, far } = connected();
    const stop = client.execute("stop");
    far.write(bytes);
    await expect(stop).rejects.toMatchObject({ code: "E_ENGINE_PROTOCOL" });
  });
});
