import { Command } from "commander";
import { browseByDaemon } from "../../client/index.ts";
import type { Invocation } from "../invocation.ts";
import { addViewOptions, requestFrom, type ViewOptions } from "../view/options.ts";
import { performView } from "../view/perform-view.ts";

const EXAMPLES = `
Examples:
  mayfly browse https://example.org                      a browser in a micro-VM of its own, in a tab of yours
  mayfly browse https://example.org --per-site           links to other sites open in micro-VMs of their own
  mayfly browse https://example.org --allow example.org  nothing but that name is reached
  mayfly browse https://example.org --out kept --downloads safe   downloads come out as safe copies

It reaches the public web (not this machine, not your network) unless --allow or --policy say otherwise, and each
connection is recorded. The profile is a new one each time, and gone afterwards. The address that is printed lets one
browser in, once. How it works, and what is guaranteed: docs/view.md.`;

export function browseCommand(invocation: Invocation): Command {
  const command = new Command("browse")
    .description(
      "Shows a page of the web live: a browser in a micro-VM of its own, in a tab of your browser.\n\nNothing comes out but pictures, unless you say so: files with --out, text with --clipboard.",
    )
    .usage("URL [OPTIONS]")
    .argument("<URL>", "an address of the web; https:// may be left out");
  return addViewOptions(command)
    .option("--per-site", "a link that leaves the site opens in another micro-VM, when you say so")
    .addHelpText("after", EXAMPLES)
    .action(async (url: string, options: ViewOptions) => {
      const request = await requestFrom(options);
      const { perSite } = options;
      invocation.status = await performView(
        {
          profile: "browser",
          options,
          limits: request.limits,
          ask: async (door, onElsewhere) =>
            await browseByDaemon(door, url, { ...request, perSite, onElsewhere }),
          start: async (mayfly, onElsewhere) =>
            await mayfly.browse(url, { ...request, perSite, onElsewhere }),
        },
        invocation,
      );
    });
}
