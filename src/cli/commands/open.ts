import { Option, type Command as CommandType } from "commander";
import { Command } from "commander";
import { DEFAULT_LIMITS, OCR_LANGUAGES, SAFE_FORMS } from "../../contract/index.ts";
import type { Invocation } from "../invocation.ts";
import { choicesFrom, type OpenOptions } from "../open/choices.ts";
import { performOpen } from "../open/perform-open.ts";
import { addLimitOptions } from "../run/limit-options.ts";

const EXAMPLES = `
Examples:
  mayfly open invoice.docx                      writes invoice.safe.pdf beside it
  mayfly open report.pdf --ocr en               a safe PDF that can be searched
  mayfly open budget.xlsx --as csv,pdf          values of every sheet, and how it looks
  mayfly open scan.pdf --pages 1-10 --as text --ocr fr,en
  mayfly open Downloads/* --out safe            many at once, each in a micro-VM of its own
  mayfly open --watch ~/Downloads --out ~/Safe  whatever arrives, until Ctrl-C
  curl https://example.org/x.pdf | mayfly open - --name x.pdf

Opens: pdf, doc(x), odt, rtf, txt, md, html, epub, xls(x), ods, csv, tsv, ppt(x), odp, odg, png, jpg, gif, webp, bmp,
tiff, svg, eml. What a document is, its content decides, inside. The original is never changed, and nothing that exists
is replaced without --force. Paths of safe copies go to standard output, all else to standard error.
The exit status is 0 where all were converted; of one document that was not, its own failure's (docs/errors.md); of
several, 1.`;

export function openCommand(invocation: Invocation): CommandType {
  const command = new Command("open")
    .description(
      "Makes safe copies of documents. Each is opened in a micro-VM of its own, which is destroyed; of what was seen there\na new file is built: pixels, plain text or plain values, and nothing that could run.",
    )
    .usage("FILES… [OPTIONS]")
    .argument("[FILES...]", "documents; - reads one from standard input")
    .option("--as <FORM>", `${SAFE_FORMS.join(", ")}: one, or several with commas (default: pdf)`, listed)
    .option("--ocr <LANG>", `recognise text in the pixels: ${OCR_LANGUAGES.join(", ")}, or both`, listed)
    .option("--dpi <N>", "dots per inch, 36 … 600 (default: 150, with --ocr 200)", Number)
    .option("--pages <PAGES>", "which pages, such as 1-10,12 (default: all)")
    .option("--quality <N>", "of pages kept as JPEG, 1 … 100 (default: 80)", Number)
    .option(
      "--password",
      "ask for the password that opens them (without a terminal: first line of standard input)",
    )
    .option("-o, --out <DIR>", "directory for the safe copies (default: beside each document)")
    .option("-f, --force", "replace safe copies that exist")
    .option("--name <NAME>", "what the document on standard input is called")
    .option("-j, --jobs <N>", "documents at once (default: as cores and memory allow)", Number)
    .option("--watch <DIR>", "open whatever arrives in a directory, until Ctrl-C")
    .addOption(
      new Option("--isolation <KIND>", "hardware refuses to run where the machine is only emulated").choices([
        "hardware",
        "any",
      ]),
    )
    .option("--rules <FILE>", "more rules that say what is worth telling (repeatable)", collected)
    .option("--json", "print the result as JSON: an object for one document, an array for several")
    .option("--no-report", "make no report")
    .option("-q, --quiet", "no progress, no remarks: only the paths of safe copies")
    .option("--embedded", "do not use the daemon, although one runs")
    .option("-y, --yes", "install missing system packages without asking");
  addLimitOptions(command, { ...DEFAULT_LIMITS, memory: 2 ** 30 }, [
    "memory",
    "vcpus",
    "cpus",
    "timeMs",
    "outBytes",
  ]);
  return command.addHelpText("after", EXAMPLES).action(async (files: string[], options: OpenOptions) => {
    invocation.status = await performOpen(await choicesFrom(files, options), invocation);
  });
}

function collected(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

function listed(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, ...text.split(",").map((each) => each.trim())];
}
