import type * as Files from "node:fs/promises";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SigningKey } from "./signing-key.ts";

/** A file system without hard links, such as a USB stick's. */
const copied = vi.hoisted(() => vi.fn());
vi.mock("node:fs/promises", async (original) => ({
  ...(await original<typeof Files>()),
  link: async () => await Promise.reject(Object.assign(new Error("EPERM"), { code: "EPERM" })),
  copyFile: copied,
}));

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "mayfly-key-"));
});
afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

it("a key is made once and is never there in part where the file system has no hard links", async () => {
  const keys = await Promise.all(Array.from({ length: 6 }, async () => await SigningKey.open(state)));
  expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(1);
  expect(copied).not.toHaveBeenCalled();
  expect(readdirSync(state).sort()).toEqual(["signing-key.lock", "signing-key.pem"]);
});
