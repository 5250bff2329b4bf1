import type { MayflyError } from "./errors.ts";

/**
 * By how much deadlines of Mayfly's own parts are longer: only the KVM lab sets it, whose processor is emulated
 * (`docs/kvm-lab.md`). Limits of tasks are what they are.
 */
export const LAB_PATIENCE = Number(process.env["MAYFLY_LAB_PATIENCE"] ?? 1);

/**
 * Settles as `work` does, unless `ms` milliseconds pass or `signal` aborts first: then rejects with `late()` or the
 * signal's reason. The loser is not cancelled: pass the same signal into it where it can listen.
 */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  { late, signal }: { late: () => MayflyError; signal?: AbortSignal | undefined },
): Promise<T> {
  work.catch(() => undefined); // whoever else wins, now or later, a failure of the work has nobody to go to
  signal?.throwIfAborted();
  let stop = (): void => undefined;
  const bell = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => {
      reject(late());
    }, ms * LAB_PATIENCE);
    const onAbort = (): void => {
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  });
  try {
    return await Promise.race([work, bell]);
  } finally {
    stop();
  }
}

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
