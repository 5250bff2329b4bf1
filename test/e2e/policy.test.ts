import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT, endStarted, mayfly, type CliResult } from "./cli-process.ts";

let scratch: string;
let file: string;
beforeAll(() => {
  execFileSync(join(ROOT, "mayfly"), ["--version"], { stdio: "ignore" }); // builds where that is due
  scratch = mkdtempSync(join(tmpdir(), "mayfly-policy-"));
  file = join(scratch, "policy.yaml");
  writeFileSync(
    file,
    'network:\n  allow:\n    - "*.example.org"\n    - { to: api.example.com:80, inject: { X-Key: s3cret } }\n',
  );
});
afterEach(endStarted);
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const policy = async (...words: readonly string[]): Promise<CliResult> => await mayfly(["policy", ...words]);

describe("policy explain", () => {
  it("tells what is allowed, by which line", async () => {
    const { status, stdout, stderr } = await policy("explain", file, "www.example.org:443");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.toString()).toMatch(
      /www\.example\.org:443 is allowed\n {2}rule .*network\.allow\[0\] "\*\.example\.org" \(.*policy\.yaml:3\)/,
    );
    expect(stdout.toString()).toContain("at most 1000 streams a second"); // the default
  });

  it("has status 1 for what is refused, and says why", async () => {
    const { status, stdout } = await policy("explain", file, "example.org");
    expect([status, stdout.toString()]).toEqual([
      1,
      expect.stringMatching(/example\.org:443 is refused: a wildcard/),
    ]);
    expect((await policy("explain", "--allow", "web", "0x7f.1:80")).status).toBe(1);
  });

  it("prints JSON, and no secret", async () => {
    const { status, stdout } = await policy("explain", file, "api.example.com:80", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      target: "api.example.com:80",
      terms: { inject: ["X-Key"] },
    });
    expect(stdout.toString()).not.toContain("s3cret");
  });

  it("takes rules besides the file", async () => {
    expect((await policy("explain", file, "pypi.org:443")).status).toBe(1);
    expect((await policy("explain", file, "pypi.org:443", "--allow", "packages")).status).toBe(0);
  });

  it("has status 64 for a mistake, with line and suggestion", async () => {
    const wrong = join(scratch, "wrong.yaml");
    writeFileSync(wrong, "network:\n  alow: [web]\n");
    const { status, stderr } = await policy("explain", wrong, "example.org:443");
    expect([status, stderr]).toEqual([
      64,
      expect.stringContaining('wrong.yaml:2: network.alow: no such key; did you mean "allow"?'),
    ]);
    expect((await policy("explain", file)).status).toBe(64);
    expect((await policy("explain", join(scratch, "none.yaml"), "example.org:443")).status).toBe(66);
  });
});

it("run tells a mistake in its policy, with line and suggestion, before anything is made", async () => {
  const wrong = join(scratch, "typo.yaml");
  writeFileSync(wrong, "network:\n  allow:\n    - { to: example.org, tsl: required }\n");
  const { status, stdout, stderr } = await mayfly(["run", "--policy", wrong, "--", "true"]);
  expect([status, stdout.toString()]).toEqual([64, ""]);
  expect(stderr).toContain("typo.yaml:3");
  expect(stderr).toContain('did you mean "tls"?');
  expect((await mayfly(["run", "--allow", "*.github.io", "--", "true"])).status).toBe(64);
});

it("policy check finds mistakes, and says where there is none", async () => {
  expect(await policy("check", file)).toMatchObject({ status: 0, stderr: "" });
  const wrong = join(scratch, "suffix.yaml");
  writeFileSync(wrong, 'network:\n  allow:\n    - "*.github.io"\n');
  const { status, stdout } = await policy("check", wrong, "--json");
  expect(status).toBe(64);
  expect(JSON.parse(stdout.toString())).toMatchObject({ error: { code: "E_BAD_POLICY" } });
  writeFileSync(wrong, Buffer.of(0xff, 0xfe, 0x00));
  expect((await policy("check", wrong)).stderr).toContain("no UTF-8");
});

it("policy schema prints the published schema", async () => {
  const { status, stdout } = await policy("schema");
  expect([status, stdout.toString()]).toEqual([
    0,
    readFileSync(join(ROOT, "docs", "policy.schema.json"), "utf8"),
  ]);
});
