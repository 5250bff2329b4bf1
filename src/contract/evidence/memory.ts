/** A part of the guest's kernel that does not change in a machine that nobody attacked. */
export type KernelPart =
  | "text"
  | "read-only data"
  | "system-call table"
  | "interrupt descriptors"
  | "segment descriptors"
  | "page tables"
  | "control registers"
  | "system-call entry";

/** One place that is not as it was in the template. */
export interface KernelChange {
  /** Virtual address or name of a register, hex. */
  readonly place: string;
  /** Hex, at most 32 bytes. */
  readonly expected: string;
  readonly found: string;
}

export interface KernelCheck {
  readonly part: KernelPart;
  /** `unchecked`: `detail` says why. */
  readonly state: "intact" | "changed" | "unchecked";
  /** What was compared: `1,734 pages, 2 changed, both explained by jump labels`. */
  readonly detail: string;
  /** At most 32. */
  readonly changes: readonly KernelChange[];
  readonly changesOmitted: number;
}

/** The head of a program in memory that no file explains. A report, not a verdict. */
export interface UnexplainedExecutable {
  /** Guest-physical address, hex. */
  readonly address: string;
  /** `ELF 64-bit x86-64 executable`, and so on. */
  readonly kind: string;
  /** SHA-256 of the page, hex. */
  readonly sha256: string;
}

/** The guest's memory against its template's, seen from outside. */
export interface MemoryRecord {
  readonly state: "checked" | "unchecked";
  /** Why it is unchecked; empty otherwise. */
  readonly reason: string;
  /** Milliseconds since the task began, and how long it took. */
  readonly at: number;
  readonly took: number;
  /** Of 4,096 bytes each. */
  readonly pages: number;
  readonly changedPages: number;
  readonly kernel: readonly KernelCheck[];
  /** At most 100. */
  readonly executables: readonly UnexplainedExecutable[];
  readonly executablesOmitted: number;
}

export function uncheckedMemory(reason: string): MemoryRecord {
  return {
    state: "unchecked",
    reason,
    at: 0,
    took: 0,
    pages: 0,
    changedPages: 0,
    kernel: [],
    executables: [],
    executablesOmitted: 0,
  };
}
