import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkSystem, missingPackages } from "./check-system.ts";
import { PROGRAMS } from "./programs.ts";

const bin = mkdtempSync(join(tmpdir(), "mayfly-bin-"));
const usual = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = usual;
  rmSync(bin, { recursive: true, force: true });
});

describe("checkSystem", () => {
  it("finds what can be run in PATH, and nothing else", () => {
    writeFileSync(join(bin, "bwrap"), "", { mode: 0o755 });
    writeFileSync(join(bin, "mmdebstrap"), "", { mode: 0o644 });
    process.env["PATH"] = bin;
    const found = new Map(checkSystem().map(({ program, path }) => [program, path]));
    expect(found.get("bwrap")).toBe(join(bin, "bwrap"));
    expect(found.get("mmdebstrap")).toBeUndefined();
  });

  it("names each missing package once", () => {
    process.env["PATH"] = bin;
    const packages = missingPackages(checkSystem());
    expect(packages).toEqual([...new Set(packages)].sort());
    expect(packages).toEqual(
      expect.arrayContaining(["bubblewrap", "mmdebstrap", "qemu-system-x86", "util-linux"]),
    );
  });

  it("names packages as apt spells them", () => {
    for (const { package: name } of PROGRAMS) expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
  });
});
