import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Secret } from "../contract/index.ts";
import { isMayflyError } from "../foundation/index.ts";
import { mergeNetwork, parsePolicy } from "../policy/network/index.ts";
import { headersOf, requireSecrets } from "./secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-secrets-"));
beforeAll(() => {
  writeFileSync(join(folder, "good"), "value of a file\n");
  writeFileSync(join(folder, "two-lines"), "s3cret\nX-Evil: 1");
  writeFileSync(join(folder, "large"), "x".repeat(16_385));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const named = (secret: Secret): Secret =>
  typeof secret === "object" && "file" in secret ? { file: join(folder, secret.file) } : secret;

it.each<[string, Secret, string]>([
  ["a text", "as it is", "as it is"],
  ["a file", { file: "good" }, "value of a file"],
  ["a variable", { env: "KEY" }, "value of a variable"],
])("a secret in %s has its value", (_where, secret, value) => {
  expect(headersOf({ "X-Key": named(secret) }, { KEY: "value of a variable" })).toEqual({ "X-Key": value });
});

describe.each<[string, Secret, RegExp]>([
  ["in no such file", { file: "none" }, /there is no file .*none$/],
  ["in a folder", { file: "." }, /cannot be read \(EISDIR\)$/],
  ["in a large file", { file: "large" }, /more than 16384 bytes$/],
  ["of two lines", { file: "two-lines" }, /\w/],
  ["in no variable", { env: "KEY" }, /the variable KEY is not set$/],
])("a secret %s", (_where, given, problem) => {
  const secret = named(given);

  it("is told before anything is made, with file and line, and without its value", async () => {
    const document = await parsePolicy(
      `network:\n  allow:\n    - to: a.test:80\n      inject:\n        X-Key: ${JSON.stringify(secret)}\n`,
      "policy.yaml",
    );
    const merged = mergeNetwork({ allow: ["b.test"] }, document);
    const message = messageOf(() => {
      requireSecrets(merged, {});
    });
    expect(message).toMatch(
      /^policy\.yaml:5: network\.allow\[0\]\.inject\.X-Key: the header X-Key cannot be injected: /,
    );
    expect(message).toMatch(problem);
    expect(message).not.toContain("s3cret");
  });

  it("is told when it goes away later", () => {
    expect(messageOf(() => headersOf({ "X-Key": secret }, {}))).toMatch(problem);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (cause) {
    if (isMayflyError(cause, "E_BAD_POLICY")) return cause.message;
    throw cause;
  }
  return expect.fail("should have been refused");
}
