import { createInterface } from "node:readline/promises";
import type { ProgressView } from "./terminal/progress-view.ts";

interface Readiness {
  readonly progress: ProgressView;
  /** Install without asking. */
  readonly yes: boolean;
  readonly signal: AbortSignal;
}

/**
 * Makes sure that the programs Mayfly stands on are there. Where some are not, asks and installs them.
 * @throws E_SETUP_NEEDED with the command to run, where nobody can be asked or the answer is no
 */
export async function requireSystem({ progress, yes, signal }: Readiness): Promise<void> {
  const { checkSystem, installPackages } = await import("../sdk/index.ts");
  if (checkSystem().missing.length === 0) return;
  const ask = async (question: string): Promise<boolean> => {
    progress.clear();
    return await askYesNo(question, signal);
  };
  await installPackages({ assumeYes: yes, ask: canAsk() ? ask : undefined, progress: progress.report });
  progress.clear();
}

function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

async function askYesNo(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [Y/n] `, { signal });
    return /^(y|yes|)$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
