import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MayflyError, isMayflyError, sleep } from "../foundation/index.ts";
import { withLock } from "./lock.ts";

const scratch = mkdtempSync(join(tmpdir(), "mayfly-lock-"));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe("withLock", () => {
  it("lets one in at a time, and tells the others whom they wait for", async () => {
    const path = join(scratch, "deep", "one.lock");
    const holders: string[] = [];
    let inside = 0;
    let most = 0;
    const enter = async (): Promise<void> => {
      await withLock(path, { onWait: (holder) => holders.push(holder) }, async () => {
        most = Math.max(most, ++inside);
        await sleep(30);
        inside--;
      });
    };
    await Promise.all([enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(holders).toHaveLength(2);
  });

  it("returns what the work returns, and is free after it failed", async () => {
    const path = join(scratch, "two.lock");
    await expect(
      withLock(path, {}, async () => await Promise.reject(new MayflyError("E_TEMPLATE", "no"))),
    ).rejects.toThrow("no");
    await expect(withLock(path, {}, async () => await Promise.resolve(5))).resolves.toBe(5);
    expect(readFileSync(path, "utf8")).toBe(`process ${process.pid}\n`);
  });

  it("is free as soon as its holder was killed, whatever the file says", async () => {
    const path = join(scratch, "three.lock");
    const holder = spawn("flock", [
      "--no-fork",
      path,
      "sh",
      "-c",
      `echo 'process 1' >${path}; echo held; exec sleep 300`,
    ]);
    await once(holder.stdout, "data");
    const waited: string[] = [];
    const mine = withLock(
      path,
      { onWait: (who) => waited.push(who) },
      async () => await Promise.resolve("mine"),
    );
    while (waited.length === 0) await sleep(5);
    holder.kill("SIGKILL");
    await expect(mine).resolves.toBe("mine");
    expect(waited).toEqual(["process 1"]);
  });

  it("gives up when told to, by time or by signal", async () => {
    const path = join(scratch, "four.lock");
    const reason = new MayflyError("E_CANCELLED", "enough");
    const cancel = new AbortController();
    await withLock(path, {}, async () => {
      const late = await withLock(path, { timeoutMs: 50 }, async () => await Promise.resolve(0)).catch(
        (cause: unknown) => cause,
      );
      expect(isMayflyError(late, "E_LOCKED")).toBe(true);
      const waiting = withLock(
        path,
        {
          onWait: () => {
            cancel.abort(reason);
          },
          signal: cancel.signal,
        },
        async () => await Promise.resolve(0),
      );
      await expect(waiting).rejects.toBe(reason);
    });
  });

  it("names the file where it cannot be made", async () => {
    const failure = await withLock(
      join(scratch, "two.lock", "x.lock"),
      {},
      async () => await Promise.resolve(0),
    ).catch((cause: unknown) => cause);
    expect(isMayflyError(failure, "E_STORE_UNWRITABLE")).toBe(true);
    expect(String(failure)).toContain("two.lock/x.lock");
  });
});
