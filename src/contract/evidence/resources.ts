/** What a micro-VM used up to a moment, seen from the host. */
export interface ResourceSample {
  /** Milliseconds since the task began. */
  readonly at: number;
  /** Processor time of QEMU, in milliseconds. */
  readonly cpuMs: number;
  /** Bytes of memory that are its own (written pages and QEMU's). */
  readonly privateBytes: number;
}

export interface ResourceRecord {
  /** At most 600; the longer the task, the further apart. */
  readonly samples: readonly ResourceSample[];
  readonly cpuMs: number;
  readonly peakPrivateBytes: number;
  /** What the guest's kernel printed during the task: the last lines, neutralised, at most 200. */
  readonly console: readonly string[];
}

export const NO_RESOURCES: ResourceRecord = { samples: [], cpuMs: 0, peakPrivateBytes: 0, console: [] };
