import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Resolver } from "../../src/egress/dns/index.ts";
import { Egress } from "../../src/egress/egress.ts";
import { TaskAuthority, trustedRoots } from "../../src/egress/inspect/index.ts";
import { Capture } from "../../src/egress/pcap/index.ts";
import { compileNetwork } from "../../src/policy/network/index.ts";
import { fakeStream } from "../support/asked-streams.ts";

const run = promisify(execFile);
const HOST = "api.example.org";
const SECRET = `s3cret-${randomBytes(12).toString("hex")}`;
const GUESS = "guess-of-the-task";
const directory = mkdtempSync(join(tmpdir(), "mayfly-secret-capture-"));
const hasTshark = existsSync("/usr/bin/tshark");
const authorizations: (string | undefined)[] = [];
const site: RequestListener = (request, response) => {
  authorizations.push(request.headers.authorization);
  response.end("words of the server");
};
let real: TaskAuthority;
beforeAll(async () => {
  real = await TaskAuthority.create("public");
  if (!hasTshark) process.stderr.write("secret-capture: tshark is not installed; what needs it is skipped\n");
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** How the task speaks to the host that gets the secret. */
type Way = "TLSv1.2" | "TLSv1.3" | undefined;

/** One request with an injected header. @returns the capture of it, and its port */
async function captured(name: string, tls: Way): Promise<{ path: string; port: number }> {
  const server: Server =
    tls === undefined ? createServer(site) : createTlsServer(await real.identityOf(HOST), site);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const path = join(directory, `${name}.pcapng`);
  const rule = { to: `${HOST}:${port}`, inspect: tls !== undefined, inject: { Authorization: SECRET } };
  const egress = new Egress({
    network: compileNetwork({ allow: [rule], private: [`127.0.0.1:${port}`] }),
    resolver: new Resolver(async () => await Promise.resolve([{ address: "127.0.0.1", ttl: 60 }])),
    inspects: true,
    trust: trustedRoots([real.certificatePem]),
    capture: await Capture.open(path),
    now: () => performance.now(),
    env: {},
  });
  const ca = await egress.authority("m0123456789ab");
  const { asked, program } = fakeStream(HOST, port);
  program.removeAllListeners("data");
  egress.accept(asked);
  const connection: Duplex =
    tls === undefined
      ? program
      : connect({ socket: program, servername: HOST, ca, minVersion: tls, maxVersion: tls });
  connection.write(
    `GET /cellar HTTP/1.1\r\nHost: ${HOST}:${port}\r\nAuthorization: ${GUESS}\r\nConnection: close\r\n\r\n`,
  );
  expect(await text(connection)).toContain("words of the server");
  await egress.close();
  server.closeAllConnections();
  server.close();
  return { path, port };
}

/** All that tshark can read of the conversation, TLS opened with the keys that the file has. */
async function readable(path: string, port: number, tls: Way): Promise<string> {
  const [as, follow] = tls === undefined ? ["http", "tcp"] : ["tls", "tls"];
  const words = ["-r", path, "-n", "-d", `tcp.port==${port},${as}`, "-q", "-z", `follow,${follow},ascii,0`];
  return (await run("tshark", words)).stdout;
}

it.each<readonly [string, Way]>([
  ["plain HTTP", undefined],
  ["inspected TLS 1.2", "TLSv1.2"],
  ["inspected TLS 1.3", "TLSv1.3"],
])("a capture of %s holds what the task said, and not the secret that the host put in", async (name, tls) => {
  authorizations.length = 0;
  const { path, port } = await captured(name, tls);
  expect(authorizations).toEqual([SECRET]);
  const bytes = readFileSync(path).toString("latin1");
  expect(bytes).not.toContain(SECRET);
  expect(bytes.includes(GUESS)).toBe(tls === undefined);
  if (!hasTshark) return;
  const said = await readable(path, port, tls);
  expect(said).toContain("GET /cellar");
  expect(said).toContain(GUESS);
  expect(said).toContain("words of the server");
  expect(said).not.toContain(SECRET);
});
