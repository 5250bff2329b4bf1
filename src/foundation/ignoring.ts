/** Waits for `work` and drops its failure. `_reason` says why that is right; it is for the reader. */
export async function ignoring(work: Promise<unknown>, _reason: string): Promise<void> {
  await work.catch(() => undefined);
}

/** Runs `work` and returns undefined where it throws. `_reason` says why that is right; it is for the reader. */
export function attempt<T>(work: () => T, _reason: string): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
