import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Reporter } from "vitest/node";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIRECTORY = join(ROOT, "test-results");

/** Where a picture of what a test saw is kept, for whoever looks at the results of a run. */
export function picturePath(name: string): string {
  mkdirSync(DIRECTORY, { recursive: true });
  return join(DIRECTORY, `${name}.png`);
}

/** A run begins without pictures, and at its end lists those that it made. */
export default class PictureReporter implements Reporter {
  onTestRunStart(): void {
    rmSync(DIRECTORY, { recursive: true, force: true });
    mkdirSync(DIRECTORY);
  }

  onTestRunEnd(): void {
    const names = readdirSync(DIRECTORY).sort();
    if (names.length === 0) return;
    const lines = names.map((name) => {
      const path = join(DIRECTORY, name);
      return `  ${relative(ROOT, path)} (${(statSync(path).size / 1024).toFixed(1)} KiB)\n`;
    });
    process.stdout.write(`\nPictures of what tests saw:\n${lines.join("")}`);
  }
}
