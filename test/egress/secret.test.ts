import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TaskAuthority } from "../../src/egress/inspect/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { DnsServer } from "../support/dns-server.ts";
import { engineOf, scanMemory } from "../support/process-memory.ts";

const HOST = "api.example.org";
/** Of this run only, so that nothing which an image brings along can be taken for them. */
const SECRET = `s3cret-${randomBytes(12).toString("hex")}`;
const GUESS = `guess-${randomBytes(12).toString("hex")}`;
const ANSWER = `answer-${randomBytes(12).toString("hex")}`;

/** Asks, and holds connection and answer until its input ends. */
const CLIENT = `
import http.client, ssl, sys
scheme, host, port, guess = sys.argv[1:]
kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
connection = kind(host, int(port))
for _ in range(3):
  connection.request("GET", "/", headers={"Authorization": "Bearer " + guess})
  answer = connection.getresponse().read()
print("asked", flush=True)
sys.stdin.read()
`;

let dns: DnsServer;
let mayfly: Mayfly;
let fork: Fork;
const servers: Server[] = [];
const ports = { http: 0, https: 0 };
const authorizations: (string | undefined)[] = [];
const site: RequestListener = (request, response) => {
  authorizations.push(request.headers.authorization);
  response.end(ANSWER);
};

beforeAll(async () => {
  const authority = await TaskAuthority.create("public");
  const identity = await authority.identityOf(HOST);
  dns = await DnsServer.start({ [HOST]: ["127.0.0.1"] });
  ports.http = await listen(createServer(site));
  ports.https = await listen(createTlsServer(identity, site));
  mayfly = await Mayfly.open({ dns: [dns.address], roots: [authority.certificatePem] });
  const inject = { Authorization: `Bearer ${SECRET}` };
  const network = {
    allow: [
      { to: `${HOST}:${ports.http}`, inject },
      { to: `${HOST}:${ports.https}`, inspect: true, inject },
    ],
    private: Object.values(ports).map((port) => `127.0.0.1:${port}`),
  };
  fork = await mayfly.fork("python", { policy: { network } });
});
afterAll(async () => {
  await fork.kill();
  await mayfly.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  dns.close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

describe.each(["http", "https"] as const)("a secret that is put into requests over %s", (scheme) => {
  it.skipIf(process.getuid?.() !== 0)(
    "is nowhere in the guest's memory, nor in its engine's, while the connection is open",
    async () => {
      authorizations.length = 0;
      const client = fork.exec(["python3", "-c", CLIENT, scheme, HOST, String(ports[scheme]), GUESS]);
      client.stderr.pipe(process.stderr);
      await once(client.stdout, "data");
      expect(authorizations).toEqual(Array(3).fill(`Bearer ${SECRET}`));
      const { found, bytes } = scanMemory(engineOf(fork.id), [SECRET, GUESS, ANSWER]);
      expect(bytes).toBeGreaterThan(256 * 1024 * 1024);
      // What the client has in its memory is found, so that what is not found is not there
      expect(found[GUESS]).toBeGreaterThan(0);
      expect(found[ANSWER]).toBeGreaterThan(0);
      expect(found[SECRET]).toBe(0);
      client.stdin.end();
      expect(await client.exit).toEqual({ kind: "exited", code: 0 });
    },
  );

  it("is in no variable, argument or file of the guest", async () => {
    // Half of it, so that searching does not bring the whole into the guest
    const half = SECRET.slice(0, 16);
    await fork.writeFile("/home/user/found", half);
    const pattern = `[s]${half.slice(1)}`;
    const search = `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | grep -ac ${pattern}; grep -rlas ${pattern} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev`;
    const program = fork.exec(["sh", "-c", search], { user: "" });
    program.stdin.end();
    program.stderr.resume();
    const [out] = await Promise.all([text(program.stdout), program.exit]);
    expect(out.trim().split("\n")).toEqual(["0", "/home/user/found"]);
  });
});
