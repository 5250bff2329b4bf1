import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { resolveModules } from "./kernel.ts";

const scratch = mkdtempSync(join(tmpdir(), "mayfly-modules-"));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Module files that say what they depend on, among other things, as `.modinfo` does. */
function modules(dependencies: Record<string, string>): Map<string, string> {
  return new Map(
    Object.entries(dependencies).map(([name, depends]) => {
      const path = join(scratch, `${name}.ko`);
      writeFileSync(path, `\x7fELF\xff\0license=GPL\0depends=${depends}\0name=${name}\0`, "latin1");
      return [name.replaceAll("-", "_"), path];
    }),
  );
}

const order = (wanted: string[], known: Map<string, string>): string[] =>
  resolveModules(wanted, known).map((path) => basename(path, ".ko"));

describe("resolveModules", () => {
  it("puts what a module needs before it, each once", () => {
    const known = modules({
      virtio: "virtio_ring",
      virtio_ring: "",
      virtio_mmio: "virtio,virtio_ring",
      virtio_blk: "virtio",
    });
    expect(order(["virtio_mmio", "virtio_blk"], known)).toEqual([
      "virtio_ring",
      "virtio",
      "virtio_mmio",
      "virtio_blk",
    ]);
  });

  it("takes - and _ for the same", () => {
    const known = modules({ "virtio-rng": "rng-core", "rng-core": "" });
    expect(order(["virtio_rng"], known)).toEqual(["rng-core", "virtio-rng"]);
    expect(order(["virtio-rng"], known)).toEqual(["rng-core", "virtio-rng"]);
  });

  it("leaves out what is no module: it may be built in", () => {
    expect(order(["ext4", "overlay"], modules({ overlay: "crc16" }))).toEqual(["overlay"]);
  });
});
