import { afterEach, beforeEach, expect, it } from "vitest";
import { DnsServer } from "../../../test/support/dns-server.ts";
import { askSystem } from "./index.ts";

let server: DnsServer;
beforeEach(async () => {
  server = await DnsServer.start({ "a.test": ["192.0.2.1"] });
});
afterEach(() => {
  server.close();
});

it("a server that never answers AAAA is not asked for it a second time before A's address is used", async () => {
  server.silent.set("a.test", 0);
  expect(await askSystem([server.address])("a.test")).toMatchObject([{ address: "192.0.2.1" }]);
  expect([server.asked, server.silent.get("a.test")]).toEqual([["a.test"], 1]);
});
