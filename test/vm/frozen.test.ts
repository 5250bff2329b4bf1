import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FrozenVms, Mayfly, type Fork } from "../../src/index.ts";
import { boundFrozen, holdFrozen } from "../../src/microvisor/index.ts";
import { openHost } from "../../src/sdk/installation.ts";
import { leftovers } from "../support/leftovers.ts";
import { MayflyChild } from "../support/run-child.ts";

const SDK = resolve("dist/index.js");
const frozen = new FrozenVms();
let mayfly: Mayfly;
let directory: string;
const kept: string[] = [];

beforeAll(async () => {
  mayfly = await Mayfly.open();
  directory = mkdtempSync(join(tmpdir(), "mayfly-frozen-"));
});
afterAll(async () => {
  const there = new Set(frozen.list().map(({ id }) => id));
  for (const id of kept) if (there.has(id)) await frozen.remove(id);
  await mayfly.close();
  rmSync(directory, { recursive: true, force: true });
});

async function say(fork: Fork, script: string, user: "user" | "root" = "user"): Promise<string> {
  const guest = fork.exec(["sh", "-c", script], { user });
  guest.stdin.end();
  const [said] = await Promise.all([text(guest.stdout), text(guest.stderr), guest.exit]);
  return said;
}

/** A micro-VM in which `script` ran, frozen and gone. */
async function frozenAfter(script: string, user: "user" | "root" = "user"): Promise<string> {
  await using fork = await mayfly.fork("base");
  await say(fork, script, user);
  await fork.freeze("a test");
  kept.push(fork.id);
  return fork.id;
}

/** What is in an archive, read by other people's program. */
function unpack(archive: string): Record<string, string> {
  const script = `import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
print(json.dumps({n: z.read(n, pwd=b"infected").decode("latin1") for n in z.namelist()}))`;
  return JSON.parse(execFileSync("python3", ["-c", script, archive], { encoding: "utf8" })) as Record<
    string,
    string
  >;
}

describe("a frozen micro-VM", () => {
  let id: string;
  beforeAll(async () => {
    id = await frozenAfter(
      "echo dropped >/tmp/payload; mkdir -p ~/a/b; printf '%0100000d' 7 >~/a/b/big; echo r3memb3r-$((41 + 1)) >/dev/shm/note; ln -s /etc/passwd /tmp/link; sleep 1000 &",
    );
  });

  it("is listed with why, and nothing of it runs", () => {
    expect(frozen.list().find((each) => each.id === id)).toMatchObject({ profile: "base", why: "a test" });
    expect(leftovers([id])).toEqual([]);
    expect(statSync(frozen.get(id).ram).mode & 0o077).toBe(0);
  });

  it("gives what was left in it, as an encrypted archive that other tools open", async () => {
    const archive = join(directory, "dropped.zip");
    const { kept: files, refused } = await frozen.saveFiles(id, archive);
    expect(refused).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["/tmp/payload", "/home/user/a/b/big", "/dev/shm/note"]),
    );
    const content = unpack(archive);
    expect(content["tmp/payload"]).toBe("dropped\n");
    expect(content["home/user/a/b/big"]).toHaveLength(100_000);
    expect(content["tmp/link"]).toBeUndefined();
    expect(readFileSync(archive).includes("dropped\n")).toBe(false);
    expect(leftovers([])).toEqual([]);
  });

  it("gives it again: looking changes nothing", async () => {
    const ram = (): string => execFileSync("sha256sum", [frozen.get(id).ram], { encoding: "utf8" });
    const before = ram();
    const archive = join(directory, "again.zip");
    await frozen.saveFiles(id.slice(0, 8), archive);
    expect(unpack(archive)["dev/shm/note"]).toBe("r3memb3r-42\n");
    expect(ram()).toBe(before);
  });

  it("gives its memory, and what the task had in it", async () => {
    const path = join(directory, "memory.raw");
    await frozen.saveMemory(id, path);
    expect(statSync(path).size).toBe(frozen.get(id).shape.memory);
    expect(readFileSync(path).includes("r3memb3r-42")).toBe(true);
  });

  it("overwrites nothing", async () => {
    const mine = join(directory, "mine");
    writeFileSync(mine, "mine");
    for (const save of ["saveFiles", "saveMemory"] as const)
      await expect(frozen[save](id, mine)).rejects.toMatchObject({ code: "E_OUTPUT_EXISTS" });
    expect(readFileSync(mine, "utf8")).toBe("mine");
  });

  it("gives what it can where a guest made more than anybody looks through, or files without an end", async () => {
    const other = await frozenAfter(
      "echo kept >/tmp/kept; d=/tmp/d; for i in $(seq 40); do d=$d/d; done; mkdir -p $d; echo deep >$d/file; mkdir /tmp/many; cd /tmp/many; seq 150 | xargs touch",
    );
    const archive = join(directory, "hostile.zip");
    const { refused } = await new FrozenVms({ mostFiles: 100 }).saveFiles(other, archive);
    const content = unpack(archive);
    expect(content["tmp/kept"]).toBe("kept\n");
    expect(Object.entries(content).find(([name]) => name.endsWith("/d/file"))?.[1]).toBe("deep\n");
    expect(refused.length).toBeGreaterThan(50);
    expect(refused[0]).toMatchObject({ why: "there are too many before it" });
  });

  it("tells what was changed on its disk against its template, and nothing else", async () => {
    const other = await frozenAfter(
      "echo new >/etc/new; echo x >>/etc/passwd; sed -i s/localhost/elsewhere/ /etc/resolv.conf; rm -rf /opt; mkdir /opt; rm /bin/busybox; ln -s /etc/passwd /tmp/link",
      "root",
    );
    const { against, changes, omitted, refused } = await frozen.diskChanges(other);
    expect({ against, omitted, refused }).toEqual({ against: "template", omitted: 0, refused: [] });
    expect(changes.filter(({ path }) => !path.startsWith("/opt"))).toEqual([
      expect.objectContaining({ path: "/bin/busybox", change: "deleted" }),
      { path: "/etc/new", change: "added", kind: "file", bytes: 4 },
      expect.objectContaining({ path: "/etc/passwd", change: "changed", kind: "file" }),
      { path: "/tmp/link", change: "added", kind: "symlink", bytes: 0 },
    ]);
    expect(leftovers([])).toEqual([]);
  });

  it("is looked into by one at a time, keeps its owner and rights, and is not removed meanwhile", async () => {
    const owner = (): unknown => {
      const { uid, gid, mode, ino } = statSync(frozen.get(id).ram);
      return { uid, gid, mode, ino };
    };
    const before = owner();
    const looks = [1, 2].map(async (n) => {
      await frozen.saveFiles(id, join(directory, `at-once-${n}.zip`));
      return unpack(join(directory, `at-once-${n}.zip`))["tmp/payload"];
    });
    expect(await Promise.all(looks)).toEqual(["dropped\n", "dropped\n"]);
    expect(owner()).toEqual(before);
    const place = join(openHost(undefined, () => undefined).store, "frozen");
    expect(readdirSync(place).filter((name) => name.startsWith("tmp-"))).toEqual([]);
  });

  it("can be cancelled while it is being frozen, and nothing is kept", async () => {
    await using fork = await mayfly.fork("base");
    const controller = new AbortController();
    const freezing = fork.freeze("cancelled", controller.signal);
    controller.abort(new Error("enough"));
    await expect(freezing).rejects.toThrow();
    expect(frozen.list().map((each) => each.id)).not.toContain(fork.id);
  });

  it("goes when it is old, unless somebody looks into it", async () => {
    const old = await frozenAfter("true");
    const { directory: kept } = frozen.get(old);
    const { store } = openHost(undefined, () => undefined);
    const manifest = join(kept, "manifest.json");
    const text = readFileSync(manifest, "utf8");
    const day = Date.now() - 31 * 24 * 3_600_000;
    writeFileSync(
      manifest,
      text.replace(/"frozenAt": "[^"]+"/, `"frozenAt": "${new Date(day).toISOString()}"`),
    );
    const removed = await holdFrozen({ store, id: old }, async () => await boundFrozen(store));
    expect(removed).toEqual([]);
    await Mayfly.open().then(async (next) => {
      await next.close();
    });
    expect(() => frozen.get(old)).toThrow(/There is no frozen micro-VM/);
    expect(readdirSync(join(store, "frozen"))).not.toContain(`${old}.lock`);
  });

  it("can be removed, and is then unknown", async () => {
    const other = await frozenAfter("true");
    expect(await frozen.remove(other)).toBe(other);
    expect(existsSync(join(frozen.get(id).directory, "..", other))).toBe(false);
    expect(() => frozen.get(other)).toThrow(/There is no frozen micro-VM/);
  });
});

describe("freezing that is interrupted", () => {
  it("leaves nothing that is taken for a frozen micro-VM", async () => {
    const before = frozen.list().length;
    const child = new MayflyChild(`import { Mayfly } from ${JSON.stringify(SDK)};
      const mayfly = await Mayfly.open();
      const fork = await mayfly.fork("base");
      console.log("freezing", fork.id);
      await fork.freeze("killed");
      console.log("frozen");`);
    const id = await child.reached("freezing");
    await child.kill();
    expect(frozen.list()).toHaveLength(before);
    await Mayfly.open().then(async (next) => {
      await next.close();
    });
    expect(leftovers([id])).toEqual([]);
    const place = join(openHost(undefined, () => undefined).store, "frozen");
    expect(readdirSync(place).filter((name) => name.startsWith("tmp-"))).toEqual([]);
  });
});
