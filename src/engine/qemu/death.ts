import { MayflyError, type ErrorCode } from "../../foundation/index.ts";
import { CANNOT_JOIN_CGROUP } from "../jail/index.ts";

interface Death {
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether QEMU itself had been started in its jail. */
  readonly started: boolean;
  readonly errors: readonly string[];
  readonly console: readonly string[];
}

interface Diagnosis {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly next: string;
}

const DIAGNOSES: readonly Diagnosis[] = [
  {
    pattern: /Cannot allocate memory|cannot set up guest memory|Failed to allocate/,
    code: "E_NO_MEMORY",
    next: "End other micro-VMs (`mayfly ps`), or ask for less with --memory.",
  },
  {
    pattern: /Too many open files/,
    code: "E_NO_DESCRIPTORS",
    next: "End other micro-VMs (`mayfly ps`), or raise the limit: ulimit -n for this session, sysctl fs.file-max for the host.",
  },
  {
    // A machine of ours needs fewer than ten; KVM gives each 509 or more for a long time.
    pattern: /no free slot available|error registering slot|KVM_SET_USER_MEMORY_REGION failed/,
    code: "E_ENGINE_START",
    next: "KVM gave the machine no more memory slots: update the host's kernel, or run without hardware isolation (MAYFLY_KVM_DEVICE=/nonexistent).",
  },
  {
    pattern: /^bwrap: Can't find source path .*: Permission denied/,
    code: "E_STORE_UNWRITABLE",
    next: "Started by root, QEMU runs as another user, who must be able to reach it: chmod a+x the directories above, or leave MAYFLY_HOME at its default.",
  },
  {
    pattern: /^bwrap: .*(namespace|uid map|Operation not permitted|Permission denied)/,
    code: "E_JAIL",
    next: "Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap); `mayfly doctor` tells which.",
  },
  {
    pattern: /^bwrap: /,
    code: "E_JAIL",
    next: "Run `mayfly doctor`, which starts the same jail step by step.",
  },
];

/** Says why QEMU ended although nobody asked it to, from what it and its jail printed. */
export function explainDeath(death: Death): MayflyError {
  const log = [...death.errors, ...death.console];
  if (death.code === CANNOT_JOIN_CGROUP) {
    return new MayflyError("E_JAIL", "QEMU could not be put into its cgroup", {
      log,
      next: "Run `mayfly doctor`.",
    });
  }
  const said =
    death.errors.at(-1) ??
    (death.signal === null ? `exit status ${death.code ?? 0}` : `killed by ${death.signal}`);
  const known = DIAGNOSES.find(({ pattern }) => death.errors.some((line) => pattern.test(line)));
  if (known !== undefined)
    return new MayflyError(known.code, `QEMU could not run: ${said}`, { log, next: known.next });
  return new MayflyError(
    death.started ? "E_ENGINE_DIED" : "E_ENGINE_START",
    `QEMU ended unexpectedly: ${said}`,
    {
      log,
      next: "Run `mayfly doctor`; it starts QEMU the same way and tells what is in the way.",
    },
  );
}
