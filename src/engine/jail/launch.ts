/** What `ulimit -f` counts in (POSIX). */
const ULIMIT_BLOCK = 512;

/** Descriptor of bubblewrap that reads as empty. */
export const EMPTY_FD = 8;

/** Ends at once where Mayfly died before it came to run, joins cgroups, forbids core dumps (they would put guest memory on a disk), offers itself first to the OOM killer. */
const PREPARE = [
  '[ "$PPID" = "$1" ] || exit 96; shift',
  'ulimit -f "$1"; shift',
  'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 97; shift; done; shift',
  "ulimit -c 0",
  "echo 800 2>/dev/null >/proc/self/oom_score_adj",
  // bubblewrap makes an empty file from it, into which QEMU may write its device state.
  `exec "$@" ${EMPTY_FD}</dev/null`,
].join("; ");

/** Status of the launcher where a cgroup could not be joined. */
export const CANNOT_JOIN_CGROUP = 97;

/** Users that QEMU runs as where we are root: a range that systemd's UIDS-GIDS document lists as unused. */
const UID_FIRST = 60_600;
const UID_COUNT = 400;

/** The user id that a micro-VM's QEMU gets: our own, or where we are root one that is not. */
export function jailUid(id: string): number {
  const own = process.getuid?.() ?? 0;
  if (own !== 0) return own;
  const sum = Buffer.from(id).reduce((hash, byte) => (hash * 31 + byte) >>> 0, 7);
  return UID_FIRST + (sum % UID_COUNT);
}

interface LaunchRequest {
  readonly id: string;
  readonly cgroups: readonly string[];
  /** Arguments of bubblewrap. */
  readonly jail: readonly string[];
  /** The group of the KVM device, as the new user is in none; undefined where there is no device. */
  readonly kvmGroup: number | undefined;
  /** The most that it may write into a file, in bytes; undefined for no limit. */
  readonly largestFile: number | undefined;
}

/** The whole command, to be started by this process itself: cgroups, then another user where we are root, then the jail. Dies when we do. */
export function launchCommand({
  id,
  cgroups,
  jail,
  kvmGroup,
  largestFile,
}: LaunchRequest): [string, ...string[]] {
  const uid = jailUid(id);
  const user =
    process.getuid?.() === 0 ? ["--reuid", String(uid), "--regid", String(uid), ...groups(kvmGroup)] : [];
  return [
    "/bin/sh",
    "-c",
    PREPARE,
    "mayfly",
    String(process.pid),
    largestFile === undefined ? "unlimited" : String(largestFile / ULIMIT_BLOCK),
    ...cgroups,
    "--",
    "setpriv",
    "--pdeathsig",
    "KILL",
    ...user,
    "--",
    "bwrap",
    ...jail,
  ];
}

function groups(kvmGroup: number | undefined): string[] {
  return kvmGroup === undefined || kvmGroup === 0 ? ["--clear-groups"] : ["--groups", String(kvmGroup)];
}
