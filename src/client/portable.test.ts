import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TaskPolicy } from "../contract/index.ts";
import { portableJob, requestOf, type LocalJob } from "./portable.ts";

let directory: string;
let file: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mayfly-portable-"));
  file = join(directory, "a.txt");
  writeFileSync(file, "a");
  symlinkSync("/dev/null", join(directory, "null"));
  symlinkSync("/proc/self/fd", join(directory, "fds"));
  mkdirSync(join(directory, "folder"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const RUN = { kind: "run", command: ["true"], stdin: false, wantsReport: false } as const;
const run = (more: object): LocalJob => ({ ...RUN, ...more });

describe("a portable job", () => {
  it("has paths in full, also where nothing was said and this process's place would be meant", () => {
    const here = process.cwd();
    expect(portableJob(run({ inputs: ["package.json"], out: "results", pcap: "x.pcapng" }))).toMatchObject({
      inputs: [{ path: join(here, "package.json"), name: "package.json" }],
      out: join(here, "results"),
      pcap: join(here, "x.pcapng"),
    });
    expect(portableJob({ kind: "open", path: undefined, name: "x" })).toMatchObject({ out: here });
    expect(portableJob({ kind: "capture", address: "example.org" })).toMatchObject({ out: here });
    expect(portableJob({ kind: "open", path: file })).toEqual({ kind: "open", path: file });
    expect(portableJob({ kind: "view", path: file })).toEqual({
      kind: "view",
      path: file,
      policy: { secrets: {} },
    });
  });

  it.each([
    ["a file that is missing", { inputs: ["/nowhere/a.txt"] }],
    ["a directory", { inputs: [tmpdir()] }],
    ["a name that is empty", { inputs: [""] }],
    ["a place for results that is empty", { out: "" }],
    ["a file of /proc", { inputs: ["/proc/self/environ"] }],
    ["a place in /dev", { out: "/dev/shm/results" }],
    ["bytes that are read here", { inputs: [{ path: "a", content: Readable.from(["a"]) }] }],
    ["a number that is none", { limits: { memory: Number.NaN } }],
    ["something that the wire does not know", { somethingNew: true }],
    ["a policy that the wire does not know", { policy: { somethingNew: true } }],
    ["a policy that is none", { policy: { network: { allow: "web" } } }],
    ["a secret in a file that is named from here", { policy: allowing({ file: "token" }) }],
  ])("is none with %s", (_what, more) => {
    expect(portableJob(run(more))).toBeUndefined();
  });

  it("is none where a link leads to what is this process's own", () => {
    expect(portableJob({ kind: "open", path: join(directory, "null") })).toBeUndefined();
    expect(portableJob({ kind: "open", path: file, out: join(directory, "fds", "9", "x") })).toBeUndefined();
    expect(portableJob({ kind: "open-many", paths: [file, join(directory, "folder")] })).toBeUndefined();
  });

  it("takes its secrets' values, the places of its policy and what closes it along, and gives them back", () => {
    const policy: TaskPolicy = {
      network: {
        policy: { allow: [{ to: "example.org", inject: { authorization: { env: "TOKEN" } } }] },
        locate: (path) => ({ key: path.join("/"), where: `policy.yaml:${path.length}` }),
      },
      closed: true,
      onFinding: { severity: "high", do: "kill" },
      clipboard: "both",
      downloads: "safe",
      printing: "safe",
    };
    const job = portableJob(
      { kind: "browse", url: "https://example.org/", policy },
      { TOKEN: "s3cret", OTHER: "x" },
    );
    expect(job?.kind).toBe("browse");
    const sent = JSON.parse(JSON.stringify(job)) as typeof job;
    if (sent?.kind !== "browse") throw new Error("it is another job");
    const { policy: got, secretEnv, ...rest } = requestOf(sent);
    expect(rest).toEqual({ url: "https://example.org/" });
    expect(secretEnv).toEqual({ TOKEN: "s3cret" });
    const { network, ...plain } = got ?? {};
    expect(plain).toEqual({ ...policy, network: undefined });
    if (network === undefined || !("locate" in network)) throw new Error("its places are lost");
    expect(network.locate(["network", "allow", 0, "to"])).toEqual({
      key: "network/allow/0/to",
      where: "policy.yaml:4",
    });
    expect(network.locate(["network", "allow", 0, "unknown"]).key).toBe("network/allow/0");
  });
});

function allowing(secret: object): object {
  return { network: { allow: [{ to: "example.org", inject: { authorization: secret } }] } };
}
