import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SignedReport, StreamRecord } from "../../src/contract/index.ts";
import { DnsServer } from "../support/dns-server.ts";
import { publicDirectory, remove, seedImage } from "../support/private-store.ts";
import { ROOT, endStarted, mayfly, type CliResult } from "./cli-process.ts";

const ALLOWED = "allowed.example.org";
const REFUSED = "refused.example.org";
const SECRET = "s3cret-of-the-profile";

let scratch: string;
let dns: DnsServer;
let server: Server;
let port: number;
/** Of each request that came: its host, and the header that the profile injects. */
const came: (readonly [string | undefined, string | undefined])[] = [];

beforeAll(async () => {
  execFileSync(join(ROOT, "mayfly"), ["--version"], { stdio: "ignore" }); // builds where that is due
  scratch = mkdtempSync(join(tmpdir(), "mayfly-network-"));
  dns = await DnsServer.start({ [ALLOWED]: ["127.0.0.1"], [REFUSED]: ["127.0.0.1"] });
  server = createServer(({ headers }, response) => {
    came.push([headers.host, headers["x-key"] as string | undefined]);
    response.end("hello\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
beforeEach(() => {
  came.length = 0;
});
afterEach(endStarted);
afterAll(() => {
  server.closeAllConnections();
  server.close();
  dns.close();
  rmSync(scratch, { recursive: true });
});

/** Asks both names for their page, and runs on whatever comes of it. */
const ask = (): string =>
  [ALLOWED, REFUSED].map((name) => `curl -sS http://${name}:${port}/ 2>/dev/null || echo none`).join("; ");

interface Told extends CliResult {
  /** The streams of its signed report. */
  readonly streams: readonly StreamRecord[];
}

async function run(options: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Told> {
  const report = join(scratch, `report-${Date.now()}.json`);
  const told = await mayfly(["run", "--report", report, ...options, "--", "sh", "-c", ask()], {
    env: { MAYFLY_DNS: dns.address, ...env },
  });
  const { report: written } = JSON.parse(readFileSync(report, "utf8")) as SignedReport;
  return { ...told, streams: written.result.network.streams };
}

/** What the report has to say: the one name is connected to by this rule, the other is not, and the server was asked once. */
function expectOneOf(told: Told, rule: RegExp): void {
  expect(told).toMatchObject({ status: 0, stdout: Buffer.from("hello\nnone\n") });
  expect(told.streams).toMatchObject([
    {
      target: { host: ALLOWED, port },
      decision: { allowed: true, rule: expect.stringMatching(rule) as string, reason: "" },
      connected: "127.0.0.1",
      http: [{ method: "GET", path: "/", status: 200 }],
      end: "closed",
    },
    {
      target: { host: REFUSED, port },
      decision: { allowed: false, reason: "no rule allows it" },
      addresses: [],
      end: "refused",
    },
  ]);
  expect(told.streams[1]).not.toHaveProperty("connected");
  expect(came.map(([host]) => host)).toEqual([`${ALLOWED}:${port}`]);
  expect(told.stderr).toContain(`refused: ${REFUSED}:${port}`);
}

it("--allow NAME:PORT connects to that name and to no other", async () => {
  const policy = join(scratch, "private.yaml");
  writeFileSync(policy, `network:\n  private: ["127.0.0.1:${port}"]\n`);
  const told = await run(["--policy", policy, "--allow", `${ALLOWED}:${port}`]);
  expectOneOf(
    told,
    new RegExp(`^--allow "${ALLOWED}:${port}" and network\\.private\\[0\\] .*private\\.yaml:2`),
  );
  // Without it the same name is refused, and so it was that option which let it through
  came.length = 0;
  const without = await run(["--policy", policy]);
  expect(without.stdout.toString()).toBe("none\nnone\n");
  expect(without.streams.map(({ end }) => end)).toEqual(["refused", "refused"]);
  expect(came).toEqual([]);
});

describe("what a profile's `network` allows", () => {
  let home: string;
  let config: string;
  let folder: string;
  const env = (): Record<string, string> => ({ MAYFLY_HOME: home, XDG_CONFIG_HOME: config });

  /** A profile of the user's own; named as Mayfly's, whose root file system it has, so that building it takes seconds. */
  beforeAll(async () => {
    home = publicDirectory();
    await seedImage(home);
    config = join(scratch, "config");
    folder = join(config, "mayfly", "profiles", "base");
    mkdirSync(folder, { recursive: true });
    cpSync(join(ROOT, "profiles", "base"), folder, { recursive: true });
    const network = [
      "network:",
      "  allow:",
      `    - to: ${ALLOWED}:${port}`,
      "      inject: { X-Key: { file: ../secret.txt } }",
      `  private: ["127.0.0.1:${port}"]`,
    ];
    writeFileSync(
      join(folder, "profile.yaml"),
      `${readFileSync(join(folder, "profile.yaml"), "utf8")}${network.join("\n")}\n`,
    );
  });
  afterAll(() => {
    remove(home);
  });

  it("needs no option, and a secret beside its folder is put into its requests", async () => {
    writeFileSync(join(folder, "..", "secret.txt"), `${SECRET}\n`);
    const told = await run([], env());
    expect(came.map(([, key]) => key)).toEqual([SECRET]);
    expectOneOf(
      told,
      /^network\.allow\[0\] ".*" \(.*mayfly\/profiles\/base\/profile\.yaml:\d+\) and network\.private/,
    );
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });

  it("is told with its line where its secret is missing, before a machine is made", async () => {
    rmSync(join(folder, "..", "secret.txt"), { force: true });
    const told = await mayfly(["run", "--", "true"], { env: env() });
    expect(told).toMatchObject({ status: 64, stdout: Buffer.alloc(0) });
    const lines = readFileSync(join(folder, "profile.yaml"), "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes("X-Key")) + 1;
    expect(told.stderr).toContain(
      `${join(folder, "profile.yaml")}:${line}: network.allow[0].inject.X-Key: the header X-Key cannot be injected: there is no file ${join(folder, "..", "secret.txt")}`,
    );
  });

  it("does not count where the task is to be closed", async () => {
    const told = await run(["--detonate", "1"], env());
    expect(told.streams.map(({ end }) => end)).not.toContain("closed");
    expect(came).toEqual([]);
  });
});
