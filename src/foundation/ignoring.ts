/** Waits for `work` and drops its failure. `reason` says why that is right; it is for the reader. */
export async function ignoring(work: Promise<unknown>, reason: string): Promise<void> {
  void reason;
  await work.catch(() => undefined);
}

/** Runs `work` and returns undefined where it throws. `reason` says why that is right; it is for the reader. */
export function attempt<T>(work: () => T, reason: string): T | undefined {
  void reason;
  try {
    return work();
  } catch (_dropped) {
    return undefined;
  }
}
