import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TaskAuthority } from "../../src/egress/inspect/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { DnsServer } from "../support/dns-server.ts";

const HOST = "api.example.org";
const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

let dns: DnsServer;
let server: Server;
let port: number;
let mayfly: Mayfly;
let [one, other]: readonly Fork[] = [];

beforeAll(async () => {
  const authority = await TaskAuthority.create("public");
  dns = await DnsServer.start({ [HOST]: ["127.0.0.1"] });
  server = createServer(await authority.identityOf(HOST), (_request, response) => response.end("hello"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  ({ port } = server.address() as AddressInfo);
  mayfly = await Mayfly.open({ dns: [dns.address], roots: [authority.certificatePem] });
  const network = { allow: [{ to: `${HOST}:${port}`, inspect: true }], private: [`127.0.0.1:${port}`] };
  one = await mayfly.fork("base", { policy: { network } });
  other = await mayfly.fork("base", { policy: { network } });
});
afterAll(async () => {
  await one?.kill();
  await other?.kill();
  await mayfly.close();
  server.closeAllConnections();
  server.close();
  dns.close();
});

/** What curl makes of the inspected host in that task, where it trusts this bundle. */
async function ask(from: Fork | undefined, bundle: string): Promise<readonly [string, number | undefined]> {
  const program = from?.exec(["curl", "-sS", "--cacert", bundle, `https://${HOST}:${port}/`]);
  if (program === undefined) throw new Error("there is no such task");
  program.stdin.end();
  program.stderr.resume();
  const [out, exit] = await Promise.all([text(program.stdout), program.exit]);
  return [out, exit.kind === "exited" ? exit.code : undefined];
}

const certificates = (pem: string): string[] => pem.split(/(?=-----BEGIN)/).map((each) => each.trim());

it("what one task trusts is not trusted in a sibling, nor the other way round", async () => {
  const bundles = [await one?.readFile(BUNDLE), await other?.readFile(BUNDLE)].map((each) => String(each));
  const [mine = [], theirs = []] = bundles.map(certificates);
  // Each has one authority that its sibling does not have, and all others are the image's
  expect(mine.filter((each) => !theirs.includes(each))).toHaveLength(1);
  expect(theirs.filter((each) => !mine.includes(each))).toHaveLength(1);

  await one?.writeFile("/tmp/sibling.pem", bundles[1] ?? "");
  await other?.writeFile("/tmp/sibling.pem", bundles[0] ?? "");
  for (const task of [one, other]) {
    expect(await ask(task, BUNDLE)).toEqual(["hello", 0]);
    expect(await ask(task, "/tmp/sibling.pem")).toEqual(["", 60]); // curl(1): the peer's certificate is not believed
  }
  const ends = (await one?.network())?.streams.map(({ http, decision }) => [http.length, decision.reason]);
  expect(ends).toEqual([
    [1, ""],
    [0, expect.stringContaining("the program's TLS failed")],
  ]);
});
