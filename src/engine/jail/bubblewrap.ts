/** A file or directory of the host that a jailed process sees. `new`: a file in memory that is the jail's own, with what the descriptor `host` gives. */
export interface Bind {
  readonly kind: "read-only" | "writable" | "device" | "new";
  readonly host: string;
  readonly inside: string;
}

const FLAGS = {
  "read-only": "--ro-bind",
  writable: "--bind",
  device: "--dev-bind",
  new: "--bind-data",
} as const;

interface JailRequest {
  readonly binds: readonly Bind[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptor for bubblewrap to tell the jailed process's pid on. */
  readonly infoFd: number;
  readonly argv: readonly string[];
  /** Forbid further user namespaces inside; bubblewrap can from 0.8 on. */
  readonly disableUserns: boolean;
}

/**
 * Arguments of bubblewrap: every namespace new (user, PID, mount, IPC, UTS, cgroup and network, the last one empty), no
 * capability, a root that holds `binds` and nothing else (no /proc, no /dev), no environment, dead when its parent is.
 */
export function bubblewrapArguments({ binds, env, infoFd, argv, disableUserns }: JailRequest): string[] {
  return [
    "--unshare-all",
    ...(disableUserns ? ["--unshare-user", "--disable-userns"] : []),
    "--cap-drop",
    "ALL",
    "--die-with-parent",
    "--new-session",
    "--as-pid-1",
    "--clearenv",
    "--info-fd",
    String(infoFd),
    ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
    ...binds.flatMap(({ kind, host, inside }) => [FLAGS[kind], host, inside]),
    "--remount-ro",
    "/",
    "--chdir",
    "/",
    "--",
    ...argv,
  ];
}
