import type { Invocation } from "../invocation.ts";
import { ProgressView } from "./progress-view.ts";

export interface Work {
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
}

/** Does something that may take its time, and leaves the terminal clean however that ends. */
export async function withProgress<T>(
  { quiet, invocation }: { quiet: boolean; invocation: Invocation },
  work: (how: Work) => Promise<T>,
): Promise<T> {
  const progress = new ProgressView(process.stderr, { quiet });
  const { signal } = invocation.interruption;
  const clear = (): void => {
    progress.clear();
  };
  signal.addEventListener("abort", clear);
  try {
    return await work({ progress, signal });
  } finally {
    signal.removeEventListener("abort", clear);
    clear();
  }
}
