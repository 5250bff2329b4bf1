import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { totalmem } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { shapeOf } from "../../src/microvisor/boot.ts";
import { readTemplate } from "../../src/microvisor/template-files.ts";
import { ingredients } from "../../src/microvisor/template-maker.ts";
import { GIB, attempt } from "../../src/foundation/index.ts";
import type { Image } from "../../src/image/index.ts";
import { lookOf } from "../../src/image/index.ts";
import { readImage, writeManifest } from "../../src/image/manifest.ts";
import {
  Mayfly,
  removeTemplates,
  verifyImages,
  verifyTemplates,
  type MayflyOptions,
  type RunResult,
} from "../../src/index.ts";
import { openHost } from "../../src/sdk/installation.ts";
import { leftovers } from "../support/leftovers.ts";
import {
  flipByte,
  halfMade,
  isRoot,
  mountTmpfs,
  publicDirectory,
  remove,
  seedImage,
  seedTemplate,
  templatesIn,
  withEnvironment,
} from "../support/private-store.ts";
import { MayflyChild } from "../support/run-child.ts";

const SDK = resolve("dist/index.js");
const silent = (): void => undefined;

let home: string;
let image: string;
const used: string[] = [];

/** What was said while something ran. */
class Said {
  readonly steps: string[] = [];
  readonly progress: NonNullable<MayflyOptions["progress"]> = ({ step }) => {
    if (this.steps.at(-1) !== step) this.steps.push(step);
  };
}

function newHome(): string {
  const path = publicDirectory();
  used.push(path);
  return path;
}

afterAll(() => {
  for (const path of used) remove(path);
});

/** Runs one task in a new Mayfly on `store`, and checks that it leaves nothing. */
async function echo(store: string, said = new Said()): Promise<RunResult> {
  await using mayfly = await Mayfly.open({ home: store, progress: said.progress });
  const result = await mayfly.run({ command: ["echo", "works"] });
  expect(leftovers([result.id].filter((id) => id !== ""))).toEqual([]);
  expect(halfMade(store)).toEqual([]);
  return result;
}

function expectWorks(result: RunResult): void {
  expect(result.outcome).toEqual({ kind: "exited", code: 0 });
  expect(result.stdout.toString()).toBe("works\n");
}

/** A task that cannot even start, with the reason that it gives. */
async function failureOf(
  store: string,
): Promise<{ code: string; message: string; next: string | undefined }> {
  const { outcome } = await echo(store);
  if (outcome.kind !== "failed") expect.fail(`the task ${outcome.kind}`);
  return outcome;
}

/** Makes a damaged file look as it did when its digest was taken. */
function hideDamage(manifest: string, before: string, file: string): void {
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace(before, lookOf(file)));
}

const PARTS = ["vmlinuz", "initramfs.gz", "root.squashfs"] as const;

describe("a damaged image", () => {
  beforeAll(async () => {
    home = newHome();
    image = await seedImage(home);
    await readImage(image);
  });
  let copy: string;
  const fresh = (): string => {
    copy = join(newHome(), basename(image));
    cpSync(image, copy, { recursive: true });
    return copy;
  };

  it.each(
    PARTS.flatMap((file) => [
      [
        file,
        "with a byte changed",
        (path: string) => {
          flipByte(path, 4097);
        },
      ] as const,
      [
        file,
        "cut short",
        (path: string) => {
          chmodSync(path, 0o644);
          truncateSync(path, statSync(path).size - 1);
        },
      ] as const,
      [
        file,
        "missing",
        (path: string) => {
          rmSync(path);
        },
      ] as const,
    ]),
  )("is noticed: %s %s", async (file, _how, damage) => {
    const directory = fresh();
    damage(join(directory, file));
    await expect(readImage(directory)).rejects.toMatchObject({
      code: "E_IMAGE_CORRUPT",
      message: expect.stringContaining(join(directory, file)) as string,
    });
  });

  it.each(["", "{", "{}", "[]", '{"format":2}', "null"])(
    "is noticed: a manifest that is %j",
    async (text) => {
      const directory = fresh();
      writeFileSync(join(directory, "manifest.json"), text);
      await expect(readImage(directory)).rejects.toMatchObject({
        code: "E_IMAGE_CORRUPT",
        message: expect.stringContaining("manifest.json") as string,
      });
    },
  );

  it("is not what merely looks different", async () => {
    const directory = fresh();
    utimesSync(join(directory, "vmlinuz"), 1, 1);
    await expect(readImage(directory)).resolves.toMatchObject({ name: "base" });
  });

  it("is found by a full check although its look did not change", async () => {
    const store = newHome();
    const directory = await seedImage(store);
    await readImage(directory);
    const root = join(directory, "root.squashfs");
    const before = lookOf(root);
    flipByte(root, 100_000);
    hideDamage(join(directory, "manifest.json"), before, root);
    await expect(readImage(directory)).resolves.toBeDefined();
    const [found] = await verifyImages("base", { home: store });
    expect(found?.damage).toContain(root);
  });

  it("is built again, said so, and its template with it", async () => {
    const store = newHome();
    await seedTemplate(store);
    const directory = join(store, "images", basename(image));
    const [before] = templatesIn(store);
    flipByte(join(directory, "root.squashfs"), 200_000);
    const said = new Said();
    expectWorks(await echo(store, said));
    expect(said.steps).toContain("Building a damaged image again");
    expect(await verifyImages("base", { home: store })).toMatchObject([{ damage: undefined }]);
    // The new root file system may differ from the one that the frozen guest knows.
    const { parts } = (await readImage(directory))?.manifest ?? expect.fail("no image");
    const template = await readTemplate(join(store, "templates", templatesIn(store)[0] ?? ""));
    expect(template?.manifest.made).toMatchObject({ root: parts.root.sha256 });
    expect(templatesIn(store)).toHaveLength(1);
    if (parts.root.sha256 !== (await readImage(image))?.manifest.parts.root.sha256)
      expect(templatesIn(store)).not.toContain(before);
  });
});

describe("a damaged template", () => {
  let store: string;
  let name: string;
  const file = (part: string): string => join(store, "templates", name, part);
  beforeAll(async () => {
    store = newHome();
    await seedTemplate(store);
    [name = ""] = templatesIn(store);
  });

  it.each([
    [
      "its RAM cut short",
      "ram",
      (path: string) => {
        chmodSync(path, 0o644);
        truncateSync(path, statSync(path).size - 4096);
      },
    ],
    [
      "its RAM missing",
      "ram",
      (path: string) => {
        rmSync(path);
      },
    ],
    [
      "a byte of its state changed",
      "state",
      (path: string) => {
        flipByte(path, 30_000);
      },
    ],
    [
      "its state missing",
      "state",
      (path: string) => {
        rmSync(path);
      },
    ],
    [
      "its manifest empty",
      "manifest.json",
      (path: string) => {
        writeFileSync(path, "{}");
      },
    ],
  ])("(%s) is noticed", async (_how, part, damage) => {
    const kept = join(store, "kept");
    execFileSync("cp", ["-a", "--sparse=always", file(part), kept]);
    damage(file(part));
    await expect(readTemplate(join(store, "templates", name))).rejects.toMatchObject({
      code: "E_TEMPLATE",
      message: expect.stringContaining(file(part)) as string,
    });
    renameSync(kept, file(part));
    await expect(readTemplate(join(store, "templates", name))).resolves.toBeDefined();
  });

  it.each([
    [
      "a byte of its RAM changed",
      "ram",
      (path: string) => {
        flipByte(path, 50_000_000);
      },
    ],
    [
      "its state cut short",
      "state",
      (path: string) => {
        chmodSync(path, 0o644);
        truncateSync(path, 30_000);
      },
    ],
    [
      "its manifest broken",
      "manifest.json",
      (path: string) => {
        writeFileSync(path, '{"format":1');
      },
    ],
  ])("(%s) is made again, and said so", async (_how, part, damage) => {
    damage(file(part));
    const said = new Said();
    expectWorks(await echo(store, said));
    expect(said.steps).toEqual(
      expect.arrayContaining(["Making a damaged template again", "Booting base once"]),
    );
    expect(templatesIn(store)).toEqual([name]);
  });

  it("is noticed by a Mayfly that has used it already", async () => {
    const said = new Said();
    await using mayfly = await Mayfly.open({ home: store, progress: said.progress });
    expect((await mayfly.run({ command: ["true"] })).exitCode).toBe(0);
    rmSync(join(store, "templates", name), { recursive: true });
    expect((await mayfly.run({ command: ["true"] })).exitCode).toBe(0);
    expect(said.steps).toContain("Booting base once");
  });

  it("is not one whose RAM was merely touched: it is hashed again and kept", async () => {
    const before = statSync(file("ram")).ino;
    utimesSync(file("ram"), 1, 1);
    const said = new Said();
    expectWorks(await echo(store, said));
    expect(said.steps).toEqual([]);
    expect(statSync(file("ram")).ino).toBe(before);
    const { ram } = JSON.parse(readFileSync(file("manifest.json"), "utf8")) as { ram: { seen: string } };
    expect(ram.seen).toBe(lookOf(file("ram")));
  });

  it("is found by a full check although its look did not change", async () => {
    const before = lookOf(file("ram"));
    flipByte(file("ram"), 60_000_000);
    hideDamage(file("manifest.json"), before, file("ram"));
    await expect(readTemplate(join(store, "templates", name))).resolves.toBeDefined();
    expect(await verifyTemplates(undefined, { home: store })).toMatchObject([
      { name, damage: expect.stringContaining(file("ram")) as string },
    ]);
  });
});

/** The same QEMU at another place: to Mayfly another engine. */
async function copyOfQemu(): Promise<string> {
  const prefix = newHome();
  const { binary } = await openHost(home, silent).engine.facts();
  for (const [from, to] of [
    ["/usr/share", "share"],
    ["/usr/lib", "lib"],
  ] as const)
    symlinkSync(from, join(prefix, to));
  mkdirSync(join(prefix, "bin"));
  cpSync(binary, join(prefix, "bin", "qemu-system-x86_64"), { mode: 0 });
  chmodSync(join(prefix, "bin", "qemu-system-x86_64"), 0o755);
  return join(prefix, "bin", "qemu-system-x86_64");
}

describe("a template's key", () => {
  it("changes with Mayfly, image, its parts, engine, accelerator, memory and vCPUs", async () => {
    const host = openHost(home, silent);
    const base = (await readImage(image)) ?? expect.fail("no image");
    const shape = shapeOf(base, "tcg");
    const { parts } = base.manifest;
    const changed = (part: keyof Image["manifest"]["parts"]): Image => ({
      ...base,
      manifest: { ...base.manifest, parts: { ...parts, [part]: { ...parts[part], sha256: "other" } } },
    });
    const copy = await copyOfQemu();
    const other = await withEnvironment({ MAYFLY_QEMU: copy }, async () => {
      const { engine } = openHost(newHome(), silent);
      await engine.facts();
      return { ...host, engine };
    });
    const variants = await Promise.all([
      ingredients(host, base, shape),
      ingredients({ ...host, version: "0.0.0-other" }, base, shape),
      ingredients(host, { ...base, key: "0123456789abcdef" }, shape),
      ingredients(host, changed("kernel"), shape),
      ingredients(host, changed("initramfs"), shape),
      ingredients(host, changed("root"), shape),
      ingredients(other, base, shape),
      ingredients(host, base, { ...shape, accelerator: "kvm" }),
      ingredients(host, base, { ...shape, memory: shape.memory * 2 }),
      ingredients(host, base, { ...shape, vcpus: 2 }),
      ingredients(host, base, { ...shape, tbSize: 99 }),
    ]);
    expect(new Set(variants.map((each) => JSON.stringify(each))).size).toBe(variants.length);
    expect(await ingredients(host, base, shape)).toEqual(variants[0]);
  });
});

describe("a superseded template", () => {
  it("stays while a fork lives on it, cannot be removed by hand then, and goes with the next making", async () => {
    const store = newHome();
    await seedTemplate(store);
    const [old = ""] = templatesIn(store);
    await using mayfly = await Mayfly.open({ home: store });
    const small = { memory: 128 * 1024 * 1024 };
    await mayfly.prepare("base", { limits: small });
    const [otherSize = ""] = templatesIn(store).filter((name) => name !== old);
    await using fork = await mayfly.fork("base");
    const copy = await copyOfQemu();

    await withEnvironment({ MAYFLY_QEMU: copy }, async () => {
      expectWorks(await echo(store));
    });
    expect(templatesIn(store)).toHaveLength(3);
    expect(templatesIn(store)).toEqual(expect.arrayContaining([old, otherSize]));
    await expect(removeTemplates(old, { home: store })).rejects.toMatchObject({
      code: "E_IN_USE",
      message: expect.stringContaining(old) as string,
    });
    const guest = fork.exec(["cat"]);
    guest.stdin.end("still here");
    expect((await guest.stdout.toArray()).join("")).toBe("still here");
    guest.stderr.resume();
    expect(await guest.exit).toEqual({ kind: "exited", code: 0 });

    await fork.kill();
    const [newer = ""] = templatesIn(store).filter((name) => name !== old && name !== otherSize);
    await removeTemplates(newer, { home: store });
    await withEnvironment({ MAYFLY_QEMU: copy }, async () => {
      expectWorks(await echo(store));
    });
    expect(templatesIn(store)).toEqual([newer, otherSize].sort());
  });
});

/** Processes and mounts of a build below `store`, and what lies in its private temporary directory. */
function remainsOfBuild(store: string): string[] {
  const read = (pid: string, name: string): string =>
    attempt(() => readFileSync(`/proc/${pid}/${name}`, "latin1"), "ended meanwhile") ?? "";
  const isTool = (pid: string): boolean =>
    /^\d+$/.test(pid) && read(pid, "cmdline").includes(store) && !read(pid, "cmdline").includes("vitest");
  return [
    ...readdirSync("/proc")
      .filter(isTool)
      .map((pid) => `${pid} ${read(pid, "cmdline").replaceAll("\0", " ").slice(0, 200)}`),
    ...readFileSync("/proc/self/mounts", "latin1")
      .split("\n")
      .filter((line) => line.includes(store)),
    // Killed while it reads keys, mmdebstrap forgets the directory for them: a few KiB beside an ordinary user's build.
    ...readdirSync(join(store, "scratch")).filter(
      (name) => isRoot || !name.startsWith("mmdebstrap.gpghome."),
    ),
  ];
}

describe("an image of which only the agent or the kernel is new", () => {
  /** A store with nothing but an image of another key; what it is made of is the same. */
  const outdated = async (): Promise<{ store: string; old: string }> => {
    const store = newHome();
    const seeded = await seedImage(store);
    const old = join(store, "images", "base-0123456789abcdef");
    renameSync(seeded, old);
    const { manifest } = (await readImage(old)) ?? expect.fail("no image");
    writeManifest(old, { ...manifest, key: "0123456789abcdef" });
    return { store, old };
  };
  const TAKEN = "Taking the root file system of base from its last image";

  it("takes the root file system of the last one", async () => {
    const { store, old } = await outdated();
    const said = new Said();
    expectWorks(await echo(store, said));
    expect(said.steps).toContain(TAKEN);
    expect(said.steps).not.toContain("Installing the root file system");
    expect(statSync(join(old, "root.squashfs")).nlink).toBe(2);
    rmSync(old, { recursive: true });
    expect(await verifyImages("base", { home: store })).toMatchObject([{ damage: undefined }]);
    expectWorks(await echo(store));
  });

  it("does not take a damaged one, whatever it looks like", async () => {
    const { store, old } = await outdated();
    const root = join(old, "root.squashfs");
    const before = lookOf(root);
    flipByte(root, 100_000);
    hideDamage(join(old, "manifest.json"), before, root);
    const said = new Said();
    expectWorks(await echo(store, said));
    expect(said.steps).toContain("Installing the root file system");
    expect(statSync(root).nlink).toBe(1);
  });
});

/** Kills builders of the base image in two phases with SIGKILL; nothing of them may go on, and nothing half-made count. */
async function buildAndKill(store: string): Promise<void> {
  mkdirSync(join(store, "scratch"));
  chmodSync(join(store, "scratch"), 0o1777);
  const script = `import { buildImage } from ${JSON.stringify(SDK)};
    await buildImage("base", { home: ${JSON.stringify(store)}, progress: ({ step, detail }) => console.log(step, detail ?? "") });`;
  for (const phase of ["Downloading the kernel running apt-get update", "Installing the root file system"]) {
    const child = await withEnvironment(
      { TMPDIR: join(store, "scratch") },
      async () => await Promise.resolve(new MayflyChild(script)),
    );
    await child.reached(phase);
    await child.kill();
    await expect.poll(() => remainsOfBuild(store), { timeout: 30_000 }).toEqual([]);
    expect(readdirSync(join(store, "images")).filter((name) => !name.endsWith(".lock"))).toEqual([]);
  }
  expect(halfMade(store)).not.toEqual([]);
}

describe("two processes at once", () => {
  const script = (store: string, memory: number): string => `
    import { Mayfly } from ${JSON.stringify(SDK)};
    const m = await Mayfly.open({ home: ${JSON.stringify(store)}, progress: ({ step }) => console.log("step", step) });
    const { exitCode, outcome } = await m.run({ command: ["true"], limits: { memory: ${memory} } });
    console.log("steps-end"); console.log("exit", exitCode, JSON.stringify(outcome)); await m.close();`;
  const MIB = 1024 * 1024;
  const both = async (store: string, sizes: readonly [number, number]): Promise<string[][]> => {
    const children = sizes.map((size) => new MayflyChild(script(store, size)));
    try {
      for (const child of children) expect(await child.reached("exit")).toMatch(/^0 /);
    } finally {
      for (const child of children) await child.kill();
    }
    expect(halfMade(store)).toEqual([]);
    return children.map((child) =>
      child.lines.filter((line) => line.startsWith("step ")).map((line) => line.slice(5)),
    );
  };

  it("that need the same missing template: one makes it, both run", async () => {
    const store = newHome();
    await seedImage(store);
    const said = await both(store, [256 * MIB, 256 * MIB]);
    expect(said.filter((steps) => steps.includes("Booting base once"))).toHaveLength(1);
    expect(said.flat()).toContain("Waiting for another Mayfly that makes the template base");
    expect(templatesIn(store)).toHaveLength(1);
  });

  it("that make different templates do not disturb each other, nor does a strict umask", async () => {
    const store = newHome();
    await seedImage(store);
    const before = process.umask(0o077);
    const said = await both(store, [128 * MIB, 192 * MIB]).finally(() => process.umask(before));
    expect(said.filter((steps) => steps.includes("Booting base once"))).toHaveLength(2);
    expect(templatesIn(store)).toHaveLength(2);
  });

  it("that need the same missing image after others were killed while they built it: one builds it, both run", async () => {
    const store = newHome();
    await buildAndKill(store);
    const said = await both(store, [256 * MIB, 256 * MIB]);
    expect(said.filter((steps) => steps.includes("Sealing the image"))).toHaveLength(1);
    expect(said.flat()).toContain("Waiting for another Mayfly that builds the image base");
    expect(await verifyImages("base", { home: store })).toMatchObject([{ damage: undefined }]);
  });
});

describe("a store", () => {
  let path: string;
  let mounted: Disposable | undefined;
  afterEach(() => {
    mounted?.[Symbol.dispose]();
    mounted = undefined;
    for (const part of ["", "templates", "engine", "images"])
      if (existsSync(join(path, part))) chmodSync(join(path, part), 0o755);
  });

  /** A new store on a file system of its own; tells whether it could be mounted. */
  function mount(size: string): boolean {
    path = newHome();
    mounted = mountTmpfs(path, `size=${size}`);
    return mounted !== undefined;
  }

  /** Makes `path` read-only: by its mount for root, by its rights for others. */
  function forbidWriting(): void {
    if (isRoot) execFileSync("mount", ["-o", "remount,ro", path]);
    else
      for (const part of ["images", "templates", "engine", ""])
        if (existsSync(join(path, part))) chmodSync(join(path, part), 0o555);
  }

  it.for(["empty", "with an image only"])("that is read-only and %s is named", async (what, { skip }) => {
    if (!mount("64m") && isRoot) skip("root may not mount here, and rights do not bind it");
    if (what !== "empty") await seedImage(path);
    forbidWriting();
    expect(await failureOf(path)).toMatchObject({
      code: "E_STORE_UNWRITABLE",
      message: expect.stringContaining(path) as string,
      next: expect.stringContaining("MAYFLY_HOME") as string,
    });
  });

  it("may be named relative to where Mayfly was started", async () => {
    path = newHome();
    await seedTemplate(path);
    expectWorks(await echo(relative(process.cwd(), path)));
  });

  it("that is read-only serves what is ready", async ({ skip }) => {
    if (!mount("512m") && isRoot) skip("root may not mount here, and rights do not bind it");
    await seedTemplate(path);
    expectWorks(await echo(path));
    utimesSync(join(path, "templates", templatesIn(path)[0] ?? "", "ram"), 1, 1);
    forbidWriting();
    expectWorks(await echo(path));
  });

  it.for([
    ["an image", false],
    ["a template", true],
  ] as const)("with too little space for %s is named, and nothing is left", async ([, seeded], { skip }) => {
    if (!mount(seeded ? "60m" : "24m")) skip("it takes a file system of its own, which only root can mount");
    if (seeded) await seedImage(path);
    expect(await failureOf(path)).toMatchObject({
      code: "E_DISK_FULL",
      next: expect.stringContaining("MAYFLY_HOME") as string,
    });
    expect(templatesIn(path)).toEqual([]);
  });
});

describe("what the machine lacks", () => {
  let store: string;
  beforeAll(async () => {
    store = newHome();
    await seedImage(store);
  });
  const fakeQemu = (version: string): string => {
    const path = join(newHome(), "qemu-system-x86_64");
    writeFileSync(path, `#!/bin/sh\necho "QEMU emulator version ${version} (Debian)"\n`, { mode: 0o755 });
    return path;
  };

  it("memory: more than the host has is refused before anything is made", async () => {
    await using mayfly = await Mayfly.open({ home: store });
    const wanted = Math.min(1024 * GIB, totalmem() * 40);
    const { outcome } = await mayfly.run({ command: ["true"], limits: { memory: wanted } });
    expect(outcome).toMatchObject({
      kind: "failed",
      code: "E_NO_MEMORY",
      message: expect.stringContaining("this host has") as string,
      next: expect.stringContaining("--memory") as string,
    });
    expect(templatesIn(store)).toEqual([]);
    expect(halfMade(store)).toEqual([]);
  });

  it("QEMU is too old", async () => {
    const path = fakeQemu("5.2.0");
    const failure = await withEnvironment({ MAYFLY_QEMU: path }, async () => await failureOf(store));
    expect(failure).toMatchObject({
      code: "E_ENGINE_TOO_OLD",
      message: `${path} is version 5.2.0; Mayfly needs 7.2 or newer`,
    });
    expect(templatesIn(store)).toEqual([]);
  });

  it("QEMU is not there, or is no QEMU", async () => {
    const missing = await withEnvironment(
      { MAYFLY_QEMU: "/nowhere/qemu" },
      async () => await failureOf(store),
    );
    expect(missing).toMatchObject({
      code: "E_ENGINE_MISSING",
      message: expect.stringContaining("/nowhere/qemu") as string,
    });
    const wrong = await withEnvironment({ MAYFLY_QEMU: "/bin/false" }, async () => await failureOf(store));
    expect(wrong).toMatchObject({ code: "E_ENGINE_MISSING" });
  });
});

describe("the KVM device", () => {
  let store: string;
  let device: string;
  beforeAll(async () => {
    store = newHome();
    await seedTemplate(store);
    device = join(newHome(), "kvm");
  });
  /** Runs a task as if `path` were the KVM device, and gives back what was said and what was kept. */
  const withDevice = async (
    path: string,
  ): Promise<{ steps: string[]; reason: string; isolation: RunResult["isolation"]; kept: string }> => {
    const said = new Said();
    const result = await withEnvironment({ MAYFLY_KVM_DEVICE: path }, async () => await echo(store, said));
    expectWorks(result);
    return {
      steps: said.steps,
      reason: result.isolation?.reason ?? "",
      isolation: result.isolation,
      kept: readFileSync(join(store, "engine", "accelerator.json"), "utf8"),
    };
  };
  const TRYING = "Trying hardware virtualization";

  it("that does not exist is not tried", async () => {
    const { steps, reason, isolation } = await withDevice(device);
    expect(isolation).toMatchObject({ kind: "emulated", accelerator: "tcg" });
    expect(reason).toContain(`${device} does not exist`);
    expect(steps).not.toContain(TRYING);
  });

  it("that does not exist gives no hardware isolation", async () => {
    await using mayfly = await withEnvironment(
      { MAYFLY_KVM_DEVICE: "/nowhere/kvm" },
      async () => await Mayfly.open({ home: store }),
    );
    const { outcome } = await mayfly.run({ command: ["true"], isolation: "hardware" });
    expect(outcome).toMatchObject({
      kind: "failed",
      code: "E_ISOLATION",
      message: expect.stringContaining("/nowhere/kvm does not exist") as string,
    });
    await expect(mayfly.fork("base", { isolation: "hardware" })).rejects.toMatchObject({
      code: "E_ISOLATION",
    });
  });

  it("that QEMU's user may not use is not tried; the reason says who lacks the right, and the mend", async () => {
    writeFileSync(device, "");
    chmodSync(device, isRoot ? 0o600 : 0o000);
    const { steps, reason } = await withDevice(device);
    expect(reason).toContain(
      isRoot ? "QEMU, which gets a user without rights where root starts it, may not use" : "you may not use",
    );
    expect(reason).toContain(`sudo chgrp kvm ${device}; sudo chmod 660 ${device}`);
    expect(steps).not.toContain(TRYING);
    rmSync(device);
  });

  it("that cannot run guests is tried once, remembered, tried again when its rights change, and not when it is gone", async ({
    skip,
  }) => {
    // A real device where there is one that does not work, else a file that is no device at all.
    const real = isRoot && existsSync("/dev/kvm") ? statSync("/dev/kvm").rdev : undefined;
    if (real === undefined) writeFileSync(device, "");
    else execFileSync("mknod", ["-m", "666", device, "c", String(real >> 8), String(real & 0xff)]);
    chmodSync(device, 0o666);
    const first = await withDevice(device);
    expect(first.steps).toContain(TRYING);
    if (first.isolation?.kind === "hardware") skip("this machine's KVM works");
    expect(first.reason).toContain("no guest boots with it");
    const second = await withDevice(device);
    expect(second.steps).toEqual([]);
    expect(second).toMatchObject({ reason: first.reason, kept: first.kept });
    chmodSync(device, 0o676);
    expect((await withDevice(device)).steps).toContain(TRYING);
    rmSync(device);
    const gone = await withDevice(device);
    expect(gone.steps).not.toContain(TRYING);
    expect(gone.reason).toContain("does not exist");
  });
});
