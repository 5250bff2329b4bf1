import { Command } from "commander";
import { formatSize } from "../../foundation/index.ts";
import { buildImage, listImages, removeImages, verifyImages } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { removeAll } from "../removal.ts";
import { withProgress } from "../terminal/with-progress.ts";
import { age } from "../terminal/age.ts";
import { printTable } from "../terminal/print.ts";
import { reportVerified } from "../verified.ts";

const EXAMPLES = `
Examples:
  mayfly images
  mayfly images build python
  mayfly images verify
  mayfly images rm python`;

interface BuildCommandOptions {
  readonly quiet?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function imagesCommand(invocation: Invocation): Command {
  const command = new Command("images")
    .description(
      "Images: what a profile builds, a kernel and a read-only file system. Each is built when it is first needed.",
    )
    .addHelpText("after", EXAMPLES);
  command
    .command("list", { isDefault: true })
    .description("list the images of this machine")
    .option("--json", "print a JSON array")
    .action(list);
  command
    .command("build")
    .description("build images, where they are missing or out of date")
    .argument("<PROFILE...>")
    .option("-q, --quiet", "no progress")
    .option("-y, --yes", "install missing system packages without asking")
    .option("--json", "print a JSON array of these images")
    .action(async (profiles: string[], { quiet = false, yes = false, json = false }: BuildCommandOptions) => {
      await withProgress({ quiet: quiet || json, invocation }, async ({ progress, signal }) => {
        await requireSystem({ progress, yes, signal });
        for (const profile of profiles) await buildImage(profile, { progress: progress.report, signal });
      });
      if (json)
        writeJson(
          (await listImages()).filter(({ profile, isCurrent }) => isCurrent && profiles.includes(profile)),
        );
      else if (!quiet) await list({});
    });
  command
    .command("rm")
    .description("remove images and the templates made of them")
    .argument("<PROFILE...>", "profiles, or images' full names")
    .option("--json", "print a JSON array of what was removed")
    .action(async (names: string[], { json = false }: { json?: boolean }) => {
      await removeAll(names, removeImages, json);
    });
  command
    .command("verify")
    .description("read and hash every file of images (default: all)")
    .argument("[PROFILE]")
    .option("--json", "print a JSON array")
    .action(async (profile: string | undefined, { json = false }: { json?: boolean }) => {
      await withProgress({ quiet: json, invocation }, async ({ progress }) => {
        progress.report({ step: "Reading every file of the images" });
        const verified = await verifyImages(profile);
        progress.clear();
        invocation.status = reportVerified(verified, json);
      });
    });
  return command;
}

async function list({ json = false }: { json?: boolean }): Promise<void> {
  const images = await listImages();
  if (json) {
    writeJson(images);
    return;
  }
  const rows = images.map(({ name, bytes, builtAt, isCurrent, damage }) => [
    name,
    formatSize(bytes),
    builtAt === undefined ? "?" : `${age(Date.parse(builtAt))} ago`,
    damage !== undefined ? "damaged" : isCurrent ? "current" : "out of date",
  ]);
  printTable(["IMAGE", "SIZE", "BUILT", "STATE"], rows, {
    right: [1],
    empty: "No image yet. The first run of a profile builds one, or: mayfly images build base",
  });
}
