import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natureOfKvm, obstacleTo } from "../../microvisor/index.ts";
import type { Finding } from "./finding.ts";
import { processorFinding } from "./processor-check.ts";

const isRoot = process.getuid?.() === 0;
const AMD = { kvmModule: "kvm_amd" } as const;
const INTEL = { kvmModule: "kvm_intel" } as const;
const NEITHER = { kvmModule: undefined };

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "kvm-device-"));
  chmodSync(scratch, 0o755);
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

/** A file in the device's place. */
function file(name: string, mode: number): string {
  const path = join(scratch, name);
  writeFileSync(path, "");
  chmodSync(path, mode);
  return path;
}

function told(reason: string | undefined): Finding {
  return processorFinding({ kind: "emulated", accelerator: "tcg", reason: reason ?? "" });
}

describe("a KVM device", () => {
  it("that is missing is told apart: no virtualization, or no module", () => {
    const missing = join(scratch, "nothing");
    expect(told(obstacleTo(missing, NEITHER))).toMatchObject({
      state: "off",
      evidence: expect.stringContaining(`${missing} does not exist`) as string,
      mend: expect.stringMatching(/firmware.*nested/) as string,
    });
    expect(told(obstacleTo(missing, AMD)).mend).toMatch(/modprobe kvm_amd/);
    expect(told(obstacleTo(missing, INTEL)).mend).toMatch(/modprobe kvm_intel/);
  });

  it("that may not be used is told with who lacks the right", () => {
    const closed = told(obstacleTo(file("closed", isRoot ? 0o600 : 0o000), AMD));
    expect(closed.evidence).toContain(isRoot ? "QEMU, which gets a user without rights" : "you may not use");
    expect(closed.mend).toMatch(/chgrp kvm/);
    if (!isRoot) expect(closed.mend).toMatch(/usermod -aG kvm/);
  });

  it("that nothing serves is told as a module that is not loaded", ({ skip }) => {
    if (!isRoot) skip("it takes root to make a device");
    const node = join(scratch, "unserved");
    // A minor number of the miscellaneous devices that the kernel keeps free.
    execFileSync("mknod", ["-m", "666", node, "c", "10", "119"]);
    expect(told(obstacleTo(node, AMD))).toMatchObject({
      evidence: expect.stringContaining(`${node} has no driver behind it`) as string,
      mend: expect.stringContaining("modprobe kvm_amd") as string,
    });
  });

  it("that can be opened has no obstacle: only a guest tells whether it works", () => {
    expect(obstacleTo(file("open", 0o666), AMD)).toBeUndefined();
  });
});

it("each way to have no hardware isolation has a mend of its own", () => {
  const mends = [
    "/dev/kvm does not exist: the processor offers no virtualization",
    "/dev/kvm does not exist: the module kvm_amd is not loaded",
    "/dev/kvm has no driver behind it: the module kvm_intel is not loaded",
    "you may not use /dev/kvm: join its group (sudo usermod -aG kvm $USER, then log in again)",
    "/dev/kvm is denied by the device rules of a container or cgroup",
    `/dev/kvm is there, but no guest boots with it${natureOfKvm(NEITHER)}: QEMU ended unexpectedly`,
    `/dev/kvm is there, but no guest boots with it${natureOfKvm(AMD)}: QEMU ended unexpectedly`,
    "/dev/kvm is there, but no guest boots with it: ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy",
  ].map((reason) => told(reason).mend);
  expect(mends).not.toContain(undefined);
  expect(new Set(mends).size).toBe(mends.length);
});
