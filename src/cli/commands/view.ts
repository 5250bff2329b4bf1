import { Command } from "commander";
import { viewByDaemon } from "../../client/index.ts";
import type { Invocation } from "../invocation.ts";
import { requireInputs } from "../run/require-inputs.ts";
import { addViewOptions, requestFrom, type ViewOptions } from "../view/options.ts";
import { performView } from "../view/perform-view.ts";

const EXAMPLES = `
Examples:
  mayfly view budget.xlsx                           LibreOffice with the file, in a tab of your browser
  mayfly view budget.xlsx --out edited              what is saved inside comes out at the end, marked as untrusted
  mayfly view letter.docx --out . --printing safe   printing makes a safe PDF
  mayfly view notes.odt --clipboard from-guest      text may be copied out, by a button
  mayfly view report.pdf --no-open                  prints the address only

The address lets one browser in, once. End the view in its page, by closing its window, or with Ctrl-C: all are good
ends (status 0), and what may come out comes out first. How it works, and what is guaranteed: docs/view.md.`;

export function viewCommand(invocation: Invocation): Command {
  const command = new Command("view")
    .description(
      "Shows a document live, in a window of a micro-VM of its own, in a tab of your browser.\n\nNothing comes out but pictures, unless you say so: files with --out, text with --clipboard. It reaches no network.",
    )
    .usage("FILE [OPTIONS]")
    .argument("<FILE>", "the document");
  return addViewOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: ViewOptions) => {
      requireInputs({ inputs: [file] }, "Check the name.");
      const request = await requestFrom(options);
      invocation.status = await performView(
        {
          profile: "office-view",
          options,
          limits: request.limits,
          ask: async (door) => await viewByDaemon(door, file, request),
          start: async (mayfly) => await mayfly.view(file, request),
        },
        invocation,
      );
    });
}
