import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Progress } from "../contract/index.ts";
import { runTool } from "../process/index.ts";
import { INSTALLATION } from "./find-profile.ts";
import { DISPLAY } from "./key.ts";
import type { RootSettings } from "./profile-document.ts";

/** The release that images are made of: what the agent, the kernel's modules and the tests were made for. */
const SUITE = "bookworm";
const HOUR = 3_600_000;
/** As root, mmdebstrap mounts /proc, /sys and /dev into the new root: in here these end with it, and all that it started. */
const OWN_NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"];

interface BootstrapRequest {
  /** Debian's release; default: `SUITE`. */
  readonly suite?: string;
  readonly target: string;
  readonly variant: string;
  readonly packages: readonly string[];
  readonly exclude: readonly string[];
  /** Shell scripts that run with the new root as `$1`, or mmdebstrap's own verbs (`upload`, `download`, `copy-in`). */
  readonly hooks: readonly string[];
  readonly progress: Progress;
  readonly step: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes a tar file from Debian's packages, whose signatures apt checks. Rootless where we are not root, by user
 * namespaces. `MAYFLY_DEBIAN_MIRROR` names another archive than mmdebstrap's default.
 */
export async function bootstrap({
  suite = SUITE,
  target,
  variant,
  packages,
  exclude,
  hooks,
  progress,
  step,
  signal,
}: BootstrapRequest): Promise<void> {
  const mirror = process.env["MAYFLY_DEBIAN_MIRROR"];
  const isRoot = process.getuid?.() === 0;
  const argv = [
    ...(isRoot ? OWN_NAMESPACES : []),
    "mmdebstrap",
    `--mode=${isRoot ? "root" : "unshare"}`,
    `--variant=${variant}`,
    "--format=tar",
    ...(packages.length > 0 ? [`--include=${packages.join(",")}`] : []),
    ...exclude.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    // Nothing is installed in an extracted root, so mmdebstrap runs no later hooks there.
    ...hooks.map((hook) => `--${variant === "extract" ? "extract" : "customize"}-hook=${hook}`),
    suite,
    target,
    ...(mirror === undefined ? [] : [mirror]),
  ];
  const onLine = (line: string): void => {
    const detail = /^I: (.*?)(\.\.\.)?$/.exec(line)?.[1];
    if (detail !== undefined) progress({ step, detail });
  };
  // Root's leftovers lie beside the target, where they are swept; an ordinary user's other ids cannot reach that.
  const ending = isRoot
    ? ({ deathSignal: "KILL", env: { TMPDIR: dirname(target) } } as const)
    : ({ deathSignal: "TERM" } as const);
  await runTool(argv, { timeoutMs: HOUR, onLine, signal, failure: "E_IMAGE_BUILD", ...ending });
}

/** Root file system of a profile as a tar file. @returns the Debian packages in it */
export async function bootstrapRoot(
  folder: string,
  { debian, display }: RootSettings,
  {
    target,
    work,
    progress,
    signal,
  }: {
    target: { readonly tar: string; readonly programs: string };
    work: string;
    progress: Progress;
    signal: AbortSignal | undefined;
  },
): Promise<string[]> {
  const list = join(work, "packages");
  writeFileSync(list, "");
  const script = (path: string): string[] =>
    existsSync(path) ? [`set -e\n${readFileSync(path, "utf8")}`] : [];
  const overlay = join(folder, "root");
  const programs = [
    'cd "$1" && find . -xdev -type f -perm /111 -exec sha256sum -z {} + >"$1/.programs"',
    `download /.programs ${quote(target.programs)}`,
    'rm -f "$1/.programs"',
  ];
  const hooks = [
    ...script(join(folder, "build")),
    ...(display ? ['mkdir -p "$1/usr/lib/mayfly"', `copy-in ${quote(DISPLAY)} /usr/lib/mayfly`] : []),
    ...(existsSync(overlay) ? [`copy-in ${quote(overlay)}/. /`] : []),
    ...script(join(INSTALLATION, "guest", "image", "furnish")),
    ...(debian.variant === "extract"
      ? []
      : [
          'chroot "$1" dpkg-query -W >"$1/.packages"',
          `download /.packages ${quote(list)}`,
          'rm -f "$1/.packages"',
        ]),
    ...programs,
  ];
  await bootstrap({
    ...debian,
    target: target.tar,
    hooks,
    progress,
    step: "Installing the root file system",
    signal,
  });
  return readFileSync(list, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace("\t", " "));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
