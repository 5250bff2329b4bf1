import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureImage, lookOf, storePaths } from "../../src/image/index.ts";
import { Mayfly, type RunResult } from "../../src/index.ts";
import { parseCpuinfo } from "../../src/engine/host-cpu.ts";
import { shapeOf } from "../../src/microvisor/boot.ts";
import { readTemplate, sha256, writeManifest } from "../../src/microvisor/template-files.ts";
import { ingredients } from "../../src/microvisor/template-maker.ts";
import { openHost } from "../../src/sdk/installation.ts";
import { leftovers } from "../support/leftovers.ts";
import { publicDirectory, remove, seedImage, templatesIn } from "../support/private-store.ts";

const CPUINFO = readFileSync("/proc/cpuinfo", "utf8").slice(0, 8192);

describe("a template", () => {
  let home: string;
  let accelerator: string;
  beforeAll(async () => {
    await using mayfly = await Mayfly.open();
    accelerator = (await mayfly.run({ command: ["true"] })).isolation?.accelerator ?? "none";
    home = publicDirectory();
    await seedImage(home);
    // What is known of QEMU and of the accelerator, so that it is not learnt again.
    cpSync(join(storePaths().root, "engine"), join(home, "engine"), {
      recursive: true,
      preserveTimestamps: true,
    });
  });
  afterAll(() => {
    remove(home);
  });

  /**
   * A whole template at the very place where the base image's would be if it had been made with `accelerator`, or on the
   * processor with the key `cpu`. No guest could go on with its state.
   */
  async function plantTemplate(other: { accelerator?: "kvm" | "tcg"; cpu?: string }): Promise<string> {
    const host = openHost(home, () => undefined);
    const base = await ensureImage("base", host);
    const shape = shapeOf(base, other.accelerator ?? (accelerator === "kvm" ? "kvm" : "tcg"));
    const real = await ingredients(host, base, shape);
    expect(real["cpu"]).toBe(parseCpuinfo(CPUINFO).key);
    const made = { ...real, cpu: other.cpu ?? parseCpuinfo(CPUINFO).key };
    const key = sha256(JSON.stringify(made)).slice(0, 16);
    const directory = join(home, "templates", `base-${key}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "state"), "not a state");
    writeFileSync(join(directory, "ram"), "not RAM");
    const digest = (file: string): string => sha256(readFileSync(join(directory, file)));
    writeManifest(directory, {
      ...{ format: 2, key, profile: "base", image: base.key, shape, made, madeAt: new Date().toISOString() },
      ram: { sha256: digest("ram"), size: 7, seen: lookOf(join(directory, "ram")) },
      state: { sha256: digest("state"), size: 11 },
      kernel: { failure: "none", symbols: {}, modules: [], lowRam: 0, splitTables: false },
    });
    expect((await readTemplate(directory))?.manifest.key).toBe(key);
    return key;
  }

  /** Runs a task in the store `home`, and says which steps it took. */
  async function runHere(): Promise<{ result: RunResult; steps: string[] }> {
    const steps: string[] = [];
    await using own = await Mayfly.open({ home, progress: ({ step }) => steps.push(step) });
    const result = await own.run({ command: ["echo", "works"] });
    expect(result).toMatchObject({ outcome: { kind: "exited", code: 0 }, isolation: { accelerator } });
    expect(leftovers([result.id])).toEqual([]);
    return { result, steps };
  }

  it("of the other accelerator is not used, and is kept; one of another processor is not used either", async () => {
    const ofAccelerator = await plantTemplate({ accelerator: accelerator === "kvm" ? "tcg" : "kvm" });
    const flag = / cx16 /;
    expect(CPUINFO).toMatch(flag);
    const ofProcessor = await plantTemplate({ cpu: parseCpuinfo(CPUINFO.replace(flag, " ")).key });
    const { result, steps } = await runHere();
    expect(steps).toContain("Booting base once");
    expect(result.template).not.toBe(ofProcessor);
    expect(templatesIn(home)).toContain(`base-${ofAccelerator}`);
    expect(templatesIn(home)).toContain(`base-${result.template}`);
    expect(result.template).not.toBe(ofAccelerator);
    const again = await runHere();
    expect(again.steps).not.toContain("Booting base once");
    expect(again.result.template).toBe(result.template);
  });
});
