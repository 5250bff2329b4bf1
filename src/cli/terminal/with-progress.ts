import type { Invocation } from "../invocation.ts";
import { ProgressView } from "./progress-view.ts";

interface Work {
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
}

/** Does something that may take its time, and leaves the terminal clean however that ends. */
export async function withProgress<T>({ quiet, invocation }: { quiet: boolean; invocation: Invocation }, work: (how: Work) => Promise<T>): Promise<T> {
  const progress = new ProgressView(process.stderr, { quiet });
  try {
    return await work({ progress, signal: invocation.interruption.signal });
  } finally {
    progress.clear();
  }
}
