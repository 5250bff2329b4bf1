import { expect, it } from "vitest";
import { explainDeath } from "./death.ts";

it.each([
  ["ioctl(KVM_CREATE_VM) failed: 12 Cannot allocate memory", "E_NO_MEMORY"],
  ["qemu-system-x86_64: kvm_init_vcpu: kvm_get_vcpu failed (0): Cannot allocate memory", "E_NO_MEMORY"],
  ["qemu-system-x86_64: cannot set up guest memory 'ram': Cannot allocate memory", "E_NO_MEMORY"],
  ["Could not access KVM kernel module: Too many open files", "E_NO_DESCRIPTORS"],
  ["kvm_alloc_slot: no free slot available", "E_ENGINE_START"],
  ["qemu-system-x86_64: failed to set MSR 0x48b to 0x0", "E_ENGINE_START"],
])("tells what the host had no more of: %s", (line, code) => {
  const failure = explainDeath({ code: 1, signal: null, started: false, errors: [line], console: [] });
  expect(failure).toMatchObject({ code, message: expect.stringContaining(line) as string });
  expect(failure.next).toBeDefined();
});

it("tells KVM's memory slots from what else ends QEMU", () => {
  const errors = ["kvm_set_phys_mem: error registering slot: Invalid argument"];
  const { next } = explainDeath({ code: null, signal: "SIGABRT", started: true, errors, console: [] });
  expect(next).toMatch(/memory slots/);
});
