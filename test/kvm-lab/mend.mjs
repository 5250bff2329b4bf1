import { readFileSync, writeFileSync } from "node:fs";

/**
 * What of `helper_vmrun` prepares an external interrupt that the hypervisor injects, as compiled for x86-64: the vector
 * goes into a register, the error code, `exception_index`, `exception_is_int` and `exception_next_eip` into memory.
 */
const INJECTION = new RegExp(
  [
    "(?<before>\x41\x0f\xb6\xf4", // movzbl %r12b,%esi
    "\x44\x89\xab[^]{4})", // mov %r13d,error_code(%rbx)
    "\x89\xb3[^]{4}", // mov %esi,exception_index(%rbx)
    "(?=\xc7\x83[^]{4}\0{4}", // movl $0,exception_is_int(%rbx)
    "\x48\xc7\x83[^]{4}\xff{4})", // movq $-1,exception_next_eip(%rbx)
  ].join(""),
  "g",
);
/** Six bytes that do nothing: `nopw 0(%rax,%rax,1)`. */
const NOTHING = "\x66\x0f\x1f\x44\x00\x00";

/**
 * Takes a fault out of the emulator. VMRUN leaves the number of an interrupt that it has delivered in `exception_index`
 * (QEMU 7.2 to 11.1, target/i386/tcg/system/svm_helper.c, SVM_EVTINJ_TYPE_INTR), so that it is delivered again when the
 * processor leaves its loop before the next exit, whatever the guest does by then. The one instruction that writes it is
 * made to do nothing: who delivers it gets the number as an argument.
 * @param {string} binary a QEMU of Debian's; stays as it is where it is compiled otherwise
 * @returns {boolean} whether that instruction was found, once
 */
export function mendInjection(binary) {
  const code = readFileSync(binary).toString("latin1");
  if ([...code.matchAll(INJECTION)].length !== 1) return false;
  writeFileSync(binary, Buffer.from(code.replace(INJECTION, `$<before>${NOTHING}`), "latin1"));
  return true;
}
