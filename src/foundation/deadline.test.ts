import { expect, it } from "vitest";
import { within } from "./deadline.ts";
import { MayflyError } from "./errors.ts";

const late = (): MayflyError => new MayflyError("E_GUEST_SILENT", "late");

/** A rejection that nobody handles is told by the next turn of the event loop. */
async function unhandledIn(work: () => Promise<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const note = (cause: unknown): void => void seen.push(cause);
  const others = process.listeners("unhandledRejection"); // the tests' own, which would count it as theirs
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    process.off("unhandledRejection", note);
    for (const each of others) process.on("unhandledRejection", each);
  }
  return seen;
}

async function failing(ms: number): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  throw new Error("the work failed");
}

it("settles as the work does, or says that it is late", async () => {
  expect(await within(Promise.resolve(7), 1000, { late })).toBe(7);
  await expect(within(failing(0), 1000, { late })).rejects.toThrow("the work failed");
  await expect(within(new Promise(() => undefined), 1, { late })).rejects.toThrow("late");
});

it("leaves no rejection behind when the work fails after it was given up, or was never waited for", async () => {
  const signal = AbortSignal.abort(new Error("given up"));
  const unhandled = await unhandledIn(async () => {
    await expect(within(failing(5), 1, { late })).rejects.toThrow("late");
    await expect(within(failing(5), 1000, { late, signal })).rejects.toThrow("given up");
  });
  expect(unhandled).toEqual([]);
});
