/** What a micro-VM used up to a moment, seen from the host. */
export interface ResourceSample {
  /** Milliseconds since the task began. */
  readonly at: number;
  /** Processor time of QEMU, in milliseconds. */
  readonly cpuMs: number;
  /** Bytes of memory that are its own (written pages and QEMU's). */
  readonly privateBytes: number;
  /** Bytes that it read from its disk. */
  readonly readBytes: number;
}

/** What a guest asked of its disk. That is read-only: what is written is an attempt. */
export interface DiskRecord {
  readonly readBytes: number;
  /** Requests. */
  readonly reads: number;
  readonly writtenBytes: number;
  readonly writes: number;
}

/** A line that the guest's kernel printed. */
export interface ConsoleLine {
  /** Milliseconds since the task began, by the host's clock; 0 for what came before. */
  readonly at: number;
  /** Neutralised. */
  readonly text: string;
}

export interface ResourceRecord {
  /** At most 600; the longer the task, the further apart. */
  readonly samples: readonly ResourceSample[];
  readonly cpuMs: number;
  readonly peakPrivateBytes: number;
  readonly disk: DiskRecord;
  /** What the guest's kernel printed during the task: the last lines, at most 200. */
  readonly console: readonly ConsoleLine[];
}

/** As a report has it. What earlier versions did not record yet is not there: that is no zero. */
export interface StoredResources extends Omit<ResourceRecord, "samples" | "disk" | "console"> {
  readonly samples: readonly StoredSample[];
  readonly disk?: DiskRecord | undefined;
  /** A text alone, where nobody recorded when it came. */
  readonly console: readonly (ConsoleLine | string)[];
}

export interface StoredSample extends Omit<ResourceSample, "readBytes"> {
  readonly readBytes?: number | undefined;
}

export const NO_RESOURCES: ResourceRecord = {
  samples: [],
  cpuMs: 0,
  peakPrivateBytes: 0,
  disk: { readBytes: 0, reads: 0, writtenBytes: 0, writes: 0 },
  console: [],
};
