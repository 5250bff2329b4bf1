import { Option, type Command as CommandType } from "commander";
import { Command } from "commander";
import { DEFAULT_LIMITS } from "../../contract/index.ts";
import type { Invocation } from "../invocation.ts";
import { performCapture, type CaptureOptions } from "../open/perform-capture.ts";
import { addLimitOptions } from "../run/limit-options.ts";

const EXAMPLES = `
Examples:
  mayfly capture https://example.org/               writes example.org.safe.png, .pdf and .txt
  mayfly capture example.org --as text              its text alone
  mayfly capture example.org --width 400            as a telephone shows it
  mayfly capture example.org --out evidence --json
  mayfly capture example.org --allow example.org    nothing but that name, so no third parties
  mayfly capture 10.1.2.3:8080 --policy lab.yaml    a server of your own network, where the policy names it

The page is loaded by a browser in a micro-VM of its own, which is destroyed. Of what was seen there new files are built:
pixels and plain text, and nothing that could run. Without --allow and --policy it may reach ports 80 and 443 of
everything public; what it asked for is in the report. Paths of safe copies go to standard output, all else to
standard error. The exit status is 0 where it was captured, else its failure's (docs/errors.md).`;

export function captureCommand(invocation: Invocation): CommandType {
  const command = new Command("capture")
    .description(
      "Takes a picture, a safe PDF and the text of a web page, as a browser in a micro-VM of its own shows it.",
    )
    .usage("URL [OPTIONS]")
    .argument("<URL>", "address of the page; without a scheme it is https")
    .option("--as <FORM>", "png, pdf, text: one, or several with commas (default: all of them)", listed)
    .option("--width <PIXELS>", "of the window that it is laid out for, 320 … 3840 (default: 1280)", Number)
    .option("--wait <TIME>", "how long it may take to load; then it is taken as it is (default: 60s)")
    .option("--quality <N>", "of what is kept as JPEG, 1 … 100 (default: 80)", Number)
    .option("-o, --out <DIR>", "directory for the safe copies (default: the current one)")
    .option("-f, --force", "replace safe copies that exist")
    .option(
      "--allow <TARGET>",
      "what it may reach instead of the whole web: example.org, *.example.org:443 (repeatable)",
      collect,
    )
    .option("--policy <FILE>", "a policy document that says what it may reach: see `mayfly policy --help`")
    .option("--rules <FILE>", "more rules that say what is worth telling (repeatable)", collect)
    .option("--pcap <FILE>", "record all that passes on its connections, for Wireshark")
    .addOption(
      new Option("--isolation <KIND>", "hardware refuses to run where the machine is only emulated").choices([
        "hardware",
        "any",
      ]),
    )
    .option("--json", "print the result as JSON")
    .option("--no-report", "make no report")
    .option("-q, --quiet", "no progress, no remarks: only the paths of safe copies")
    .option("--embedded", "do not use the daemon, although one runs")
    .option("-y, --yes", "install missing system packages without asking");
  addLimitOptions(command, { ...DEFAULT_LIMITS, memory: 1_536 * 2 ** 20 }, [
    "memory",
    "vcpus",
    "cpus",
    "timeMs",
    "outBytes",
  ]);
  return command.addHelpText("after", EXAMPLES).action(async (address: string, options: CaptureOptions) => {
    invocation.status = await performCapture(address, options, invocation);
  });
}

function listed(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, ...text.split(",").map((each) => each.trim())];
}

function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
