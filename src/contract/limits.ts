/** What a task may use. Every field is optional in a request; `DEFAULT_LIMITS` and the profile fill the rest. */
export interface Limits {
  /** Guest memory in bytes, 96 MiB (less does not boot) … 1 TiB. The machine's RAM, so it holds against a hostile kernel too. */
  readonly memory: number;
  /** Virtual CPUs, 1 … 64. */
  readonly vcpus: number;
  /** Share of host CPUs in cores (0.05 … 64), enforced by the host's cgroup; undefined: as many as `vcpus`. */
  readonly cpus: number | undefined;
  /** Wall-clock time of the task in milliseconds, from the moment its command starts. */
  readonly timeMs: number;
  /** Bytes of standard output and standard error together. */
  readonly outputBytes: number;
  /** Processes and threads alive at once in the guest. */
  readonly processes: number;
  /** Files that may come back from `/out`: how many, bytes together, directory depth. */
  readonly outFiles: number;
  readonly outBytes: number;
  readonly outDepth: number;
}

export type LimitName = keyof Limits;

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What holds where neither the request nor the profile says otherwise. */
export const DEFAULT_LIMITS: Limits = {
  memory: 256 * MIB,
  vcpus: 1,
  cpus: undefined,
  timeMs: 10 * 60_000,
  outputBytes: 256 * MIB,
  processes: 512,
  outFiles: 10_000,
  outBytes: GIB,
  outDepth: 32,
};

/** The smallest and largest value that may be asked for, in each limit's own unit. */
export const LIMIT_RANGES: Readonly<Record<LimitName, readonly [number, number]>> = {
  memory: [96 * MIB, 1024 * GIB],
  vcpus: [1, 64],
  cpus: [0.05, 64],
  timeMs: [100, 7 * 24 * 3_600_000],
  outputBytes: [0, 1024 * GIB],
  processes: [1, 30_000],
  outFiles: [0, 1_000_000],
  outBytes: [0, 1024 * GIB],
  outDepth: [1, 64],
};
