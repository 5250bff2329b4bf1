import { Option, type Command } from "commander";
import {
  CLIPBOARD_DIRECTIONS,
  DOWNLOAD_WAYS,
  PRINTING_WAYS,
  type ClipboardDirection,
  type DownloadWay,
  type Isolation,
  type PrintingWay,
  type TaskPolicy,
} from "../../contract/index.ts";
import type { ViewRequest } from "../../sdk/index.ts";
import { policyFrom } from "../policy/located.ts";
import { addLimitOptions, limitsFrom } from "../run/limit-options.ts";

/** What commander gives for `view` and `browse`. */
export interface ViewOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly allow?: readonly string[];
  readonly policy?: string;
  readonly clipboard?: ClipboardDirection;
  readonly downloads?: DownloadWay;
  readonly printing?: PrintingWay;
  readonly rules?: readonly string[];
  readonly isolation?: Isolation;
  readonly open?: boolean;
  readonly report?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly yes?: boolean;
  readonly embedded?: boolean;
  readonly perSite?: boolean;
}

const LIMITS = ["memory", "vcpus", "cpus", "timeMs", "processes", "outFiles", "outBytes"] as const;

/** Adds what `view` and `browse` have in common. */
export function addViewOptions(command: Command): Command {
  command
    .option("-o, --out <DIR>", "directory for files that come out (default: none come out)")
    .option("-f, --force", "replace files that exist in --out")
    .option("--allow <TARGET>", "let it connect: example.org:443, *.example.org, web (repeatable)", collect)
    .option("--policy <FILE>", "a policy document: network, clipboard, downloads, printing")
    .addOption(
      new Option("--clipboard <WAY>", "text that you may paste in or copy out, by buttons").choices(
        CLIPBOARD_DIRECTIONS,
      ),
    )
    .addOption(
      new Option(
        "--downloads <WAY>",
        "files come out as they are, marked, or as safe copies (with --out: marked)",
      ).choices(DOWNLOAD_WAYS),
    )
    .addOption(
      new Option("--printing <WAY>", "safe: what is printed becomes a safe PDF in --out").choices(
        PRINTING_WAYS,
      ),
    )
    .option("--rules <FILE>", "more rules that say what is worth telling (repeatable)", collect)
    .addOption(
      new Option("--isolation <KIND>", "hardware refuses to run where the machine is only emulated").choices([
        "hardware",
        "any",
      ]),
    )
    .option("--no-open", "print the address only, open no browser")
    .option("--json", "print a JSON object with the address, and at the end one with the result")
    .option("--no-report", "make no report")
    .option("-q, --quiet", "no progress, no summary: only the address, and failures")
    .option("--embedded", "do not use the daemon, although one runs")
    .option("-y, --yes", "install missing system packages without asking");
  return addLimitOptions(command, {}, LIMITS);
}

/** @throws E_BAD_POLICY, E_INPUT_MISSING, E_INPUT_UNREADABLE for the policy */
export async function requestFrom(options: ViewOptions): Promise<ViewRequest> {
  const { out, force, isolation, report } = options;
  return {
    out,
    force,
    isolation,
    report,
    limits: limitsFrom({ ...options }),
    policy: await viewPolicyFrom(options),
  };
}

/** What the command line says beside a document counts more than the document. */
async function viewPolicyFrom({ policy, allow, ...own }: ViewOptions): Promise<TaskPolicy> {
  const located = await policyFrom({ policy, allow });
  const { clipboard = located.clipboard, downloads = located.downloads, printing = located.printing } = own;
  return { ...located, clipboard, downloads, printing };
}

function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
