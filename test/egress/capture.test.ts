import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TaskAuthority } from "../../src/egress/inspect/index.ts";
import { Mayfly } from "../../src/index.ts";
import { mayfly as cli } from "../e2e/cli-process.ts";
import { DnsServer } from "../support/dns-server.ts";

const run = promisify(execFile);
const HOST = "files.example.org";
const hasTshark = existsSync("/usr/bin/tshark");
const directory = mkdtempSync(join(tmpdir(), "mayfly-capture-"));
/** An address of this host by which a guest can ask for it; what it sends there never leaves the host. */
const own = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;
const answer: RequestListener = (_request, response) => response.end("words of the server");

beforeAll(() => {
  if (!hasTshark) process.stderr.write("capture: tshark is not installed; what needs it is skipped\n");
  if (own === undefined)
    process.stderr.write("capture: this host has no address but loopback; the command line is skipped\n");
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const isRoot = process.getuid?.() === 0;

describe("--pcap on a disk that is full", () => {
  const full = join(directory, "full");
  beforeAll(() => {
    if (!isRoot) return;
    mkdirSync(full);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1M", "mayfly-test", full]);
  });
  afterAll(() => {
    if (isRoot) execFileSync("umount", [full]);
  });

  it.skipIf(!isRoot)("says so, and neither holds the task up nor loses what else was recorded", async () => {
    const size = 16 * 1024 * 1024;
    const server = createServer((_request, response) => response.end(Buffer.alloc(size, 1))).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dns = await DnsServer.start({ [HOST]: ["127.0.0.1"] });
    await using mayfly = await Mayfly.open({ dns: [dns.address] });
    const result = await mayfly.run({
      command: ["sh", "-c", `for i in 1 2; do curl -sS http://${HOST}:${port}/big | wc -c; done`],
      policy: { network: { allow: [`${HOST}:${port}`], private: [`127.0.0.1:${port}`] } },
      pcap: join(full, "big.pcapng"),
    });
    expect(result.stdout.toString()).toBe(`${size}\n${size}\n`);
    expect(result).toMatchObject({
      outcome: {
        kind: "failed",
        code: "E_DISK_FULL",
        message: expect.stringContaining("big.pcapng") as string,
      },
      disposal: { complete: true },
    });
    const seen = {
      end: "closed",
      http: [{ path: "/big", status: 200 }],
      decision: { allowed: true, reason: "" },
    };
    // The command may be over before the last stream's end has come out.
    const last = { ...seen, end: expect.stringMatching(/^(closed|task-ended)$/) as string };
    expect(result.network.streams).toMatchObject([seen, last]);
    expect(result.network.bytesIn).toBeGreaterThan(2 * size);
    server.closeAllConnections();
    server.close();
    dns.close();
  });
});

async function requests(path: string): Promise<string> {
  const fields = ["http.request.method", "http.request.full_uri", "http.file_data"].flatMap((name) => [
    "-e",
    name,
  ]);
  const { stdout } = await run("tshark", [
    "-r",
    path,
    "-n",
    "-d",
    "tcp.port==1-65535,http",
    "-Y",
    "http",
    "-T",
    "fields",
    ...fields,
  ]);
  return stdout;
}

describe.skipIf(!hasTshark)("--pcap, read by tshark", () => {
  it("shows requests, and what was within TLS where it was inspected", async () => {
    const authority = await TaskAuthority.create("public");
    const server = createTlsServer(await authority.identityOf(HOST), answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dns = await DnsServer.start({ [HOST]: ["127.0.0.1"] });
    await using mayfly = await Mayfly.open({ dns: [dns.address], roots: [authority.certificatePem] });
    const pcap = join(directory, "inspected.pcapng");
    const network = { allow: [{ to: `${HOST}:${port}`, inspect: true }], private: [`127.0.0.1:${port}`] };
    const command = ["curl", "-sS", `https://${HOST}:${port}/a/path`] as const;
    const result = await mayfly.run({ command, policy: { network }, pcap });
    expect([result.stdout.toString(), result.stderr.toString()]).toEqual(["words of the server", ""]);
    expect(result.network.streams).toMatchObject([
      { inspected: true, http: [{ path: "/a/path", status: 200 }] },
    ]);
    const { stdout } = await run("tshark", [
      "-r",
      pcap,
      "-n",
      "-d",
      `tcp.port==${port},tls`,
      "-Y",
      "http.request",
      "-T",
      "fields",
      "-e",
      "http.request.uri",
    ]);
    expect(stdout).toContain("/a/path");
    server.closeAllConnections();
    server.close();
    dns.close();
  });

  it.skipIf(own === undefined)("is an option of the command line", async () => {
    const server = createServer(answer).listen(0, own);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const policy = join(directory, "policy.yaml");
    writeFileSync(policy, `network:\n  private: ["${own}:${port}"]\n`);
    const pcap = join(directory, "plain.pcapng");
    const words = [
      "run",
      "--policy",
      policy,
      "--pcap",
      pcap,
      "--",
      "curl",
      "-sS",
      `http://${own}:${port}/plainly`,
    ];
    expect(await cli(words)).toMatchObject({ status: 0, stdout: Buffer.from("words of the server") });
    expect(await requests(pcap)).toMatch(/GET\thttp:\/\/.*\/plainly/);
    server.closeAllConnections();
    server.close();
  });
});
