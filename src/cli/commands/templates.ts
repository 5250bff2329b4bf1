import { Command } from "commander";
import { MIB, formatSize } from "../../foundation/index.ts";
import {
  Mayfly,
  listImages,
  listTemplates,
  removeTemplates,
  verifyTemplates,
  type TemplateInfo,
} from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { removeAll } from "../removal.ts";
import { addLimitOptions, limitsFrom } from "../run/limit-options.ts";
import { age } from "../terminal/age.ts";
import { printTable } from "../terminal/print.ts";
import { withProgress } from "../terminal/with-progress.ts";
import { reportVerified } from "../verified.ts";

const EXAMPLES = `
Examples:
  mayfly templates
  mayfly templates build python --memory 1G
  mayfly templates verify
  mayfly templates rm python                       # all of a profile
  mayfly templates rm base-0123456789abcdef        # one`;

interface BuildOptions {
  readonly quiet?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function templatesCommand(invocation: Invocation): Command {
  const command = new Command("templates")
    .description(
      "Templates: images that were booted, warmed up and frozen; micro-VMs are forks of them. Each is made when it is first needed.",
    )
    .addHelpText("after", EXAMPLES);
  command
    .command("list", { isDefault: true })
    .description("list the templates of this machine")
    .option("--json", "print a JSON array")
    .action(list);
  const build = command
    .command("build")
    .description("make templates, where they are missing or out of date")
    .argument("<PROFILE...>")
    .option("-q, --quiet", "no progress")
    .option("-y, --yes", "install missing system packages without asking")
    .option("--json", "print a JSON array of the templates of these profiles and of this size");
  addLimitOptions(build, {}, ["memory", "vcpus"]).action(
    async (profiles: string[], options: BuildOptions) => {
      const { quiet = false, yes = false, json = false } = options;
      await withProgress({ quiet: quiet || json, invocation }, async ({ progress, signal }) => {
        await requireSystem({ progress, yes, signal });
        await using mayfly = await Mayfly.open({ progress: progress.report, signal });
        for (const profile of profiles) await mayfly.prepare(profile, { limits: limitsFrom({ ...options }) });
      });
      if (json) writeJson(await madeOf(profiles, limitsFrom({ ...options })));
      else if (!quiet) await list({});
    },
  );
  command
    .command("rm")
    .description("remove templates; refused while micro-VMs live on one")
    .argument("<NAME...>", "names, beginnings of names, or profiles")
    .option("--json", "print a JSON array of what was removed")
    .action(async (names: string[], { json = false }: { json?: boolean }) => {
      await removeAll(names, removeTemplates, json);
    });
  command
    .command("verify")
    .description("read and hash every byte of templates (default: all)")
    .argument("[NAME]")
    .option("--json", "print a JSON array")
    .action(async (name: string | undefined, { json = false }: { json?: boolean }) => {
      await withProgress({ quiet: json, invocation }, async ({ progress }) => {
        progress.report({ step: "Reading every byte of the templates" });
        const verified = await verifyTemplates(name);
        progress.clear();
        invocation.status = reportVerified(verified, json);
      });
    });
  return command;
}

/** The templates of the profiles' present images; those of earlier ones are left from earlier. */
async function madeOf(
  profiles: readonly string[],
  { memory, vcpus }: { memory?: number; vcpus?: number },
): Promise<TemplateInfo[]> {
  const current = new Set((await listImages()).filter(({ isCurrent }) => isCurrent).map(({ key }) => key));
  // Memory comes in steps, so a template may have a little more than was asked for.
  const fits = ({ shape }: TemplateInfo): boolean =>
    shape !== undefined &&
    (memory === undefined || (shape.memory >= memory && shape.memory - memory < 16 * MIB)) &&
    (vcpus === undefined || shape.vcpus === vcpus);
  return (await listTemplates()).filter(
    (each) =>
      profiles.includes(each.profile) && each.image !== undefined && current.has(each.image) && fits(each),
  );
}

async function list({ json = false }: { json?: boolean }): Promise<void> {
  const templates = await listTemplates();
  if (json) writeJson(templates);
  else
    printTable(["TEMPLATE", "MEMORY", "CPUS", "RUNS BY", "ON DISK", "MADE", "FORKS"], templates.map(row), {
      right: [1, 2, 4, 6],
      empty: "No template yet. The first run of a profile makes one, or: mayfly templates build base",
    });
}

function row({ name, shape, bytes, madeAt, forks, damage }: TemplateInfo): string[] {
  if (shape === undefined)
    return [name, "", "", "", formatSize(bytes), damage === undefined ? "" : "damaged", String(forks)];
  const made = madeAt === undefined ? "?" : `${age(Date.parse(madeAt))} ago`;
  return [
    name,
    formatSize(shape.memory),
    String(shape.vcpus),
    shape.accelerator === "kvm" ? "KVM" : "emulation",
    formatSize(bytes),
    made,
    String(forks),
  ];
}
