import type { Progress } from "../contract/index.ts";
import { MayflyError } from "../foundation/index.ts";
import { requireSubordinateIds, runTool } from "../process/index.ts";
import { checkSystem, missingPackages } from "./check-system.ts";
import { hasStaleLists, readDistribution } from "./distribution.ts";

export interface InstallOptions {
  /** Install without asking. */
  readonly assumeYes: boolean;
  /** Puts a yes-or-no question to the user; undefined where nobody can be asked. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

const UPDATE_MS = 600_000;
const INSTALL_MS = 3_600_000;

/**
 * Installs the system packages that are missing, through apt, as root or by sudo. Does nothing where none are.
 *
 * Throws `E_SETUP_NEEDED` with the command to run where this is not a Debian-like system, where nobody can be asked, or
 * where the answer is no; `E_SETUP_FAILED` with apt's words where apt fails.
 */
export async function installPackages({ assumeYes, ask, progress, signal }: InstallOptions): Promise<void> {
  const packages = missingPackages(checkSystem());
  if (packages.length > 0) await install(packages, { assumeYes, ask, progress, signal });
  requireSubordinateIds();
}

async function install(
  packages: readonly string[],
  { assumeYes, ask, progress, signal }: InstallOptions,
): Promise<void> {
  const distribution = readDistribution();
  if (!distribution.isDebianLike)
    throw needed(packages, `${distribution.name} has no apt, so install what they are called there.`);
  const isRoot = process.getuid?.() === 0;
  if (!assumeYes && !isRoot) await consent(packages, ask);
  const prefix = isRoot ? [] : await sudo(packages, ask === undefined);
  const run = aptRunner(prefix, progress, signal);
  if (hasStaleLists()) await run("Reading the lists of packages", ["update", "-q"], UPDATE_MS);
  await run(
    "Installing packages",
    ["install", "-q", "-y", "--no-install-recommends", ...packages],
    INSTALL_MS,
  );
  verify();
}

async function consent(packages: readonly string[], ask: InstallOptions["ask"]): Promise<void> {
  if (ask === undefined) throw needed(packages, "Nobody can be asked here.");
  if (
    !(await ask(
      `Mayfly needs these Debian packages: ${packages.join(", ")}. Install them with sudo apt-get?`,
    ))
  ) {
    throw needed(packages, "You said no.");
  }
}

/** sudo asks for a password on the terminal itself; without one it must not need any. */
async function sudo(packages: readonly string[], isSilent: boolean): Promise<string[]> {
  const argv = isSilent ? ["sudo", "-n", "true"] : ["sudo", "-v"];
  try {
    await runTool(argv, { timeoutMs: 120_000, failure: "E_SETUP_NEEDED", keepTerminal: !isSilent });
  } catch (cause) {
    throw needed(packages, "You are not root, and sudo did not let you become it.", cause);
  }
  return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"];
}

type AptRun = (step: string, command: readonly string[], timeoutMs: number) => Promise<void>;

function aptRunner(prefix: readonly string[], progress: Progress, signal: AbortSignal | undefined): AptRun {
  return async (step, command, timeoutMs) => {
    progress({ step });
    const argv = [...prefix, "apt-get", "-o", "DPkg::Lock::Timeout=120", ...command];
    const onLine = (detail: string): void => {
      progress({ step, detail });
    };
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    // Killed half-way, dpkg leaves a system that needs repair; a request to end lets it finish the package at hand.
    const ending = { signal, failure: "E_SETUP_FAILED", deathSignal: "TERM" } as const;
    // sudo remembers a password for the terminal that it was typed on only, so it must still have that one.
    await runTool(argv, { timeoutMs, env, onLine, ...ending, keepTerminal: prefix.length > 0 });
  };
}

function verify(): void {
  const missing = checkSystem().filter(({ path }) => path === undefined);
  if (missing.length === 0) return;
  const programs = missing.map(({ program }) => program).join(", ");
  throw new MayflyError(
    "E_SETUP_FAILED",
    `apt installed the packages, but ${programs} cannot be found in PATH.`,
    {
      next: "Run `mayfly doctor` to see what is missing.",
    },
  );
}

function needed(packages: readonly string[], why: string, cause?: unknown): MayflyError {
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  return new MayflyError(
    "E_SETUP_NEEDED",
    `Mayfly needs packages that are not installed: ${packages.join(", ")}. ${why}`,
    {
      cause,
      next: `Run \`mayfly setup --yes\`, or as root: ${command}`,
    },
  );
}
