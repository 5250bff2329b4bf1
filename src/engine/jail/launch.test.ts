import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newVmId } from "../../foundation/index.ts";
import { launchCommand } from "./launch.ts";

it("starts nothing where the Mayfly that wanted it is no more", () => {
  const id = newVmId();
  const trace = join(tmpdir(), id);
  const command = launchCommand({
    id,
    cgroups: [],
    jail: ["--dev-bind", "/", "/", "touch", trace],
    kvmGroup: undefined,
    largestFile: undefined,
  });
  // Another parent than ours is what the launcher sees when we are gone.
  const { status } = spawnSync("sh", ["-c", '"$@"; exit $?', "parent", ...command]);
  expect(status).toBe(96);
  expect(existsSync(trace)).toBe(false);
});
