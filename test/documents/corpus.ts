import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../../src/process/index.ts";
import type { Mayfly } from "../../src/sdk/index.ts";

const SCRIPT = fileURLToPath(new URL("corpus.py", import.meta.url));

/**
 * Directory of the documents that `corpus.py` makes, with LibreOffice and friends, in a micro-VM. Made once for all
 * test files, and again when the script changes.
 */
export async function makeCorpus(mayfly: Mayfly): Promise<string> {
  const digest = createHash("sha256").update(readFileSync(SCRIPT)).digest("hex").slice(0, 16);
  const directory = join(tmpdir(), `mayfly-corpus-${digest}`);
  const whole = join(directory, ".whole");
  mkdirSync(directory, { recursive: true });
  await withLock(join(tmpdir(), `mayfly-corpus-${digest}.lock`), {}, async () => {
    if (existsSync(whole)) return;
    const { outcome, stderr } = await mayfly.run({
      profile: "office",
      command: ["python3", "/in/corpus.py", "/out"],
      inputs: [SCRIPT],
      out: directory,
      force: true,
    });
    if (outcome.kind !== "exited" || outcome.code !== 0)
      throw new Error(`The corpus was not made: ${JSON.stringify(outcome)} ${stderr.toString()}`);
    writeFileSync(whole, "");
  });
  return directory;
}
