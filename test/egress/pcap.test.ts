import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TaskAuthority } from "../../src/egress/inspect/index.ts";
import { Capture, type CapturedStream } from "../../src/egress/pcap/index.ts";
import { openDoor, publicAuthority } from "./inspected.ts";

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), "mayfly-pcap-"));
const TARGET = { name: "docs.example.org", address: "192.0.2.7", port: 443 };
const hasTshark = existsSync("/usr/bin/tshark");
let files = 0;

beforeAll(() => {
  if (!hasTshark) process.stderr.write("pcap: tshark is not installed; what needs it is skipped\n");
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const newPath = (): string => join(directory, `${files++}.pcapng`);

async function captured(use: (capture: Capture) => Promise<void> | void, options = {}): Promise<string> {
  const path = newPath();
  const capture = await Capture.open(path, options);
  await use(capture);
  await capture.close();
  return path;
}

async function tshark(path: string, ...args: string[]): Promise<string[]> {
  const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-n"];
  const { stdout } = await run("tshark", ["-r", path, ...checks, ...args], { maxBuffer: 1 << 28 });
  return stdout.split("\n").filter((line) => line !== "");
}

/** Packets of which the analyser has anything to complain. */
const BAD = "_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0 || tcp.checksum.status == 0";

describe.skipIf(!hasTshark)("a capture, read by tshark", () => {
  it("is a connection from handshake to end, with the bytes that were sent", async () => {
    const up = randomBytes(100_000);
    const down = randomBytes(70_001);
    for (const target of [TARGET, { ...TARGET, address: "2001:db8::7" }]) {
      const path = await captured(
        (capture) => {
          const stream = capture.stream({ ...target, guestPort: 40_000 });
          stream.fromGuest(up.subarray(0, 50_000));
          stream.toGuest(down);
          stream.fromGuest(up.subarray(50_000));
          stream.endGuest();
          stream.endHost();
          stream.endHost();
          stream.fromGuest(Buffer.from("too late"));
        },
        { firstSequence: 2 ** 32 - 30_000 },
      );
      expect(await tshark(path, "-Y", BAD)).toEqual([]);
      const flags = await tshark(path, "-T", "fields", "-e", "tcp.flags.str");
      expect(flags.slice(0, 3).map((text) => text.replaceAll("·", ""))).toEqual(["S", "AS", "A"]);
      expect(await tshark(path, "-2", "-Y", "tcp.completeness != 31")).toEqual([]); // SYN, SYN-ACK, ACK, data, FIN
      const rows = await tshark(path, "-q", "-z", "follow,tcp,raw,0");
      const sent = rows.filter((row) => /^[0-9a-f]+$/.test(row)).join("");
      const received = rows
        .filter((row) => /^\t[0-9a-f]+$/.test(row))
        .join("")
        .replaceAll("\t", "");
      expect(sent === up.toString("hex")).toBe(true);
      expect(received === down.toString("hex")).toBe(true);
    }
  });

  it("names addresses, and says why a stream was refused", async () => {
    const path = await captured((capture) => {
      capture.stream(TARGET).refused("no rule \u001b[31mallows it");
      capture.stream({ ...TARGET, address: undefined, name: "nowhere.example" }).refused("it has no address");
      capture.stream({ ...TARGET, port: 80 }).open();
    });
    expect(await tshark(path, "-Y", BAD)).toEqual([]);
    expect(await tshark(path, "-T", "fields", "-e", "frame.comment", "-Y", "frame.comment")).toEqual([
      "no rule \\u{1b}[31mallows it",
      "it has no address",
    ]);
    const { stdout } = await run("tshark", [
      "-r",
      path,
      "-Nn",
      "-T",
      "fields",
      "-e",
      "ip.src_host",
      "-e",
      "ip.dst_host",
    ]);
    expect(stdout.split("\n")[0]).toBe("guest\tdocs.example.org");
  });

  it("shows a reset", async () => {
    const path = await captured((capture) => {
      const stream = capture.stream(TARGET);
      stream.toGuest(Buffer.from("abc"));
      stream.reset("guest");
      stream.toGuest(Buffer.from("abc"));
    });
    expect(await tshark(path, "-Y", "tcp.flags.reset == 1", "-T", "fields", "-e", "ip.dst")).toEqual([
      "192.0.2.7",
    ]);
    expect(await tshark(path)).toHaveLength(6);
  });

  it("can be read up to where it was cut off", async () => {
    const path = await captured((capture) => {
      const stream = capture.stream(TARGET);
      for (let n = 0; n < 100; n++) stream.fromGuest(Buffer.alloc(1000, n));
    });
    truncateSync(path, readFileSync(path).length - 50_003);
    const read = await run("tshark", ["-r", path]).catch(
      (cause: unknown) => cause as { stdout: string; stderr: string },
    );
    expect(read.stderr).toMatch(/cut short/);
    expect(read.stdout.split("\n").length).toBeGreaterThan(80);
  });

  it("decrypts an inspected TLS 1.3 session with the secrets that it carries", async () => {
    const authority = await TaskAuthority.create("m0123456789ab");
    const { identity, trust } = await publicAuthority();
    const server = createServer(identity, (_incoming, response) => response.end("the secret of the cellar"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const path = await captured(async (capture) => {
      const stream = capture.stream({ ...TARGET, inspected: true });
      const door = await openDoor((server.address() as AddressInfo).port, {
        authority,
        trust,
        tap: (guest) => tap(guest, stream),
        onKeyLog: (line) => {
          stream.secret(line);
        },
      });
      const options = {
        port: door.port,
        servername: "real.example",
        ca: authority.certificatePem,
        agent: false,
      };
      const outgoing = request({ ...options, path: "/cellar?k=v", headers: { Host: "real.example" } });
      const answered = once(outgoing, "response");
      outgoing.end();
      await answered;
      outgoing.destroy();
      await door.close();
    });
    server.closeAllConnections();
    server.close();
    expect(await tshark(path, "-Y", "_ws.malformed || tls.alert_message.level == 2")).toEqual([]);
    expect(await tshark(path, "-Y", "http.request", "-T", "fields", "-e", "http.request.uri")).toEqual([
      "/cellar?k=v",
    ]);
    expect(await tshark(path, "-Y", "http.response", "-T", "fields", "-e", "http.file_data")).toEqual([
      expect.stringMatching(/the secret of the cellar|74686520736563726574/),
    ]);
  });
});

describe("a capture", () => {
  it("never replaces a file", async () => {
    const path = newPath();
    writeFileSync(path, "precious");
    await expect(Capture.open(path)).rejects.toMatchObject({ code: "E_OUTPUT_EXISTS" });
    await expect(Capture.open(join(directory, "no", "such"))).rejects.toMatchObject({
      code: "E_OUTPUT_WRITE",
    });
  });

  it("stays within its size and counts what is left out", async () => {
    const capture = await Capture.open(newPath(), { maxBytes: 1000 });
    const stream = capture.stream(TARGET);
    stream.fromGuest(Buffer.alloc(5000));
    expect(capture.omitted).toBeGreaterThan(0);
    await capture.close();
  });

  it("holds a bounded amount when nobody waits for the disk", async () => {
    const capture = await Capture.open(newPath());
    const stream = capture.stream(TARGET);
    const piece = Buffer.alloc(1 << 20);
    for (let n = 0; n < 60; n++) stream.toGuest(piece);
    expect(capture.isBehind).toBe(true);
    expect(capture.omitted).toBeGreaterThan(0);
    await capture.drained();
    expect(capture.isBehind).toBe(false);
    await capture.close();
  });
});

/** The guest's stream with everything that passes told to the capture. */
function tap(guest: Duplex, stream: CapturedStream): Duplex {
  const push = guest.push.bind(guest);
  const write = guest._write.bind(guest);
  return Object.assign(guest, {
    push(chunk: Buffer | null) {
      if (chunk === null) stream.endGuest();
      else stream.fromGuest(chunk);
      return push(chunk);
    },
    _write(...args: Parameters<typeof write>) {
      stream.toGuest(args[0] as Buffer);
      write(...args);
    },
  });
}
