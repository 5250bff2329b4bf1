import { availableParallelism, freemem } from "node:os";
import { MayflyError } from "../foundation/index.ts";

const MOST_JOBS = 64;

/**
 * Does `work` for each item, at most `jobs` at once, in order of arrival.
 * @param work settles for every item; it never rejects, so that one bad item does not stop the rest
 * @returns what came of each, in the items' order
 */
export async function inBatch<T, R>(
  items: readonly T[],
  jobs: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
  return results;
}

/**
 * How many documents are opened at once: one a core, and no more than fit into half of the memory that is free.
 * @param asked what the user says, 1 … 64
 * @param memory bytes of one micro-VM
 * @throws E_USAGE
 */
export function admitJobs(asked: number | undefined, memory: number): number {
  if (asked !== undefined) {
    if (Number.isInteger(asked) && asked >= 1 && asked <= MOST_JOBS) return asked;
    throw new MayflyError(
      "E_USAGE",
      `The number of jobs is ${asked}; it must be a whole number from 1 to ${MOST_JOBS}`,
      {
        next: "Leave --jobs out: as many as cores and memory allow.",
      },
    );
  }
  const fit = Math.floor(freemem() / 2 / memory);
  return Math.max(1, Math.min(availableParallelism(), fit, MOST_JOBS));
}
