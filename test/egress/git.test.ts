import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TaskAuthority } from "../../src/egress/inspect/index.ts";
import { Mayfly, type Fork } from "../../src/index.ts";
import { DnsServer } from "../support/dns-server.ts";
import { GitServer } from "../support/git-server.ts";

const HOST = "code.example.org";
const TOKEN = "Basic Z3Vlc3Q6NXVwM3I=";

let dns: DnsServer;
let mayfly: Mayfly;
let fork: Fork;
const git = new GitServer();
const servers: Server[] = [];
const ports = { plain: 0, inspected: 0 };

beforeAll(async () => {
  const authority = await TaskAuthority.create("public");
  const identity = await authority.identityOf(HOST);
  dns = await DnsServer.start({ [HOST]: ["127.0.0.1"] });
  ports.plain = await listen(createServer(git.answer));
  ports.inspected = await listen(createTlsServer(identity, guarded));
  mayfly = await Mayfly.open({ dns: [dns.address], roots: [authority.certificatePem] });
  const inspected = { to: `${HOST}:${ports.inspected}`, inspect: true, inject: { Authorization: TOKEN } };
  const network = {
    allow: [`${HOST}:${ports.plain}`, inspected],
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
  git.remove();
});

/** As a private repository's server: whoever does not say who they are is asked to. */
const guarded: RequestListener = (request, response) => {
  if (request.headers.authorization === TOKEN) git.answer(request, response);
  else response.writeHead(401, { "WWW-Authenticate": 'Basic realm="code"' }).end();
};

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** Runs a script in the guest; it ends at the first command that fails. */
async function sh(script: string): Promise<string> {
  const program = fork.exec(["bash", "-ec", script], { cwd: "/tmp", env: { GIT_TERMINAL_PROMPT: "0" } });
  program.stdin.end();
  const [out, error, exit] = await Promise.all([text(program.stdout), text(program.stderr), program.exit]);
  expect([error, exit]).toEqual(["", { kind: "exited", code: 0 }]);
  return out.trim();
}

describe.each(["plain", "inspected"] as const)("git over smart HTTP, %s", (kind) => {
  it("pushes, clones and fetches", async () => {
    await git.create(kind);
    const url = `${kind === "plain" ? "http" : "https"}://${HOST}:${ports[kind]}/${kind}.git`;
    const who = "export GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=e GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=e";
    git.asked.length = 0;

    // More than git's buffer of 1 MiB, so it goes up in chunks of a length that is not told before
    const first = `${who}; rm -rf a b; git init -q -b main a; cd a; head -c 3000000 /dev/urandom > big; git add big; git commit -qm one; git push -q ${url} main; git rev-parse HEAD`;
    const one = await sh(first);
    expect(await git.git(kind, "rev-parse", "main")).toBe(one);
    expect(git.asked).toContain(`POST /${kind}.git/git-receive-pack`);

    expect(await sh(`git clone -q ${url} b; cmp a/big b/big; git -C b rev-parse HEAD`)).toBe(one);

    const second = `${who}; cd a; echo more > small; git add small; git commit -qm two; git push -q ${url} main; git rev-parse HEAD`;
    const two = await sh(second);
    expect(
      await sh(`cd b; git fetch -q; git merge -q --ff-only origin/main; cat small; git rev-parse HEAD`),
    ).toBe(`more\n${two}`);
    await git.git(kind, "fsck", "--strict");

    const requests = (await fork.network()).streams
      .filter(({ target }) => target.port === ports[kind])
      .flatMap(({ http }) => http);
    expect(requests.every(({ status }) => status === 200)).toBe(true);
    const told = requests.map(({ method, path }) => `${method} ${path}`);
    expect(told).toEqual(git.asked);
  });
});
