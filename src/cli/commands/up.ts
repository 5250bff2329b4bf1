import { Command, InvalidArgumentError } from "commander";
import { askDaemon, daemonSocket } from "../../client/index.ts";
import { Daemon as DaemonInfo, Link } from "../../contract/api/index.ts";
import { MayflyError, isMayflyError } from "../../foundation/index.ts";
import { launchDaemon, serveDaemon } from "../../daemon/index.ts";
import { openInBrowser } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { print } from "../terminal/print.ts";
import { withProgress } from "../terminal/with-progress.ts";

interface UpOptions {
  readonly detach?: boolean;
  readonly open: boolean;
  readonly console: boolean;
  readonly port?: number;
  readonly standby?: Readonly<Record<string, number>>;
  readonly json?: boolean;
  readonly yes?: boolean;
}

const EXAMPLES = `
Examples:
  mayfly up                      # here; ends with Ctrl-C, and everything that it runs with it
  mayfly up --detach             # in the background; \`mayfly down\` ends it
  mayfly up --standby base=4,office=2

While it runs, the other commands take micro-VMs that it keeps ready. The link works once, in one browser: run
\`mayfly up\` again for another. As a service of systemd: docs/daemon.md.`;

/** Leads a browser to the console: one file for all links, of which each works once. */
const CONSOLE_PAGE = "open-console.html";

export function upCommand(invocation: Invocation): Command {
  return new Command("up")
    .description(
      "Starts the daemon, which keeps micro-VMs ready, and opens its console in your browser. Where it runs already, opens the console.",
    )
    .option("-d, --detach", "leave it running in the background")
    .option("--port <N>", "port of the console on 127.0.0.1 (default: any that is free)", portIn)
    .option(
      "--standby <PROFILE=N,…>",
      "micro-VMs to keep ready (default: as the profiles that have images say)",
      standbyIn,
    )
    .option("--no-open", "do not open a browser, only print the address")
    .option("--no-console", "start the daemon without its console: another `mayfly up` opens it")
    .option("--json", "print a JSON object")
    .option("-y, --yes", "install missing system packages without asking")
    .addHelpText("after", EXAMPLES)
    .action(async (options: UpOptions) => {
      // A socket that was handed to us is our own: nobody else answers on it.
      const isHanded = process.env["LISTEN_PID"] === String(process.pid);
      if (!isHanded && (await tellRunning(options))) return;
      await withProgress({ quiet: options.json === true, invocation }, async ({ progress, signal }) => {
        await requireSystem({ progress, yes: options.yes ?? false, signal });
      });
      if (options.detach === true) await detach(options);
      else await serve(options, invocation);
    });
}

/** Where one runs, says where, and gives another link. */
async function tellRunning(options: UpOptions): Promise<boolean> {
  const info = await askDaemon(daemonSocket(), { method: "GET", path: "/v1/daemon", answer: DaemonInfo });
  if (info === undefined) return false;
  await tell(info, options, "runs");
  return true;
}

async function tell(info: DaemonInfo, options: UpOptions, verb: "runs" | "is up"): Promise<void> {
  const link = options.console
    ? await askDaemon(daemonSocket(), { method: "POST", path: "/v1/links", answer: Link })
    : undefined;
  await show(info, link?.url, { options, verb });
}

async function show(
  { pid, version }: DaemonInfo,
  url: string | undefined,
  { options, verb }: { readonly options: UpOptions; readonly verb: string },
): Promise<void> {
  if (options.json === true) writeJson({ pid, version, socket: daemonSocket(), console: url ?? null });
  else {
    print(`Mayfly ${verb} (process ${pid}).`);
    if (url !== undefined) print(`Console: ${url}`);
  }
  if (url !== undefined && options.open) await openInBrowser(url, CONSOLE_PAGE);
}

async function serve(options: UpOptions, { interruption }: Invocation): Promise<void> {
  await serveDaemon({
    ...options,
    signal: interruption.signal,
    onUp: async (daemon) => {
      await show(daemon.info(), options.console ? await daemon.link() : undefined, {
        options,
        verb: "is up",
      });
    },
  });
}

async function detach({ port, standby, ...options }: UpOptions): Promise<void> {
  const main = process.argv[1];
  if (main === undefined) throw new MayflyError("E_INTERNAL", "It is not known how this program was started");
  const kept = Object.entries(standby ?? {}).map(([profile, count]) => `${profile}=${count}`);
  const words = [
    ...["up", "--no-open", "--no-console"],
    ...(port === undefined ? [] : ["--port", String(port)]),
    ...(kept.length === 0 ? [] : ["--standby", kept.join(",")]),
  ];
  try {
    await launchDaemon([process.execPath, main, ...words]);
  } catch (cause) {
    // Two may be started at once: the other one is as good.
    if (!isMayflyError(cause, "E_DAEMON") || !(await tellRunning(options))) throw cause;
    return;
  }
  const info = await askDaemon(daemonSocket(), { method: "GET", path: "/v1/daemon", answer: DaemonInfo });
  if (info === undefined) throw new MayflyError("E_DAEMON", "The daemon ended as soon as it was up");
  await tell(info, options, "is up");
}

function portIn(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError("A port is 0 … 65535.");
  return port;
}

function standbyIn(text: string): Readonly<Record<string, number>> {
  const parts = text.split(",").filter((part) => part !== "");
  return Object.fromEntries(
    parts.map((part) => {
      const match = /^([A-Za-z0-9._-]+)=(\d{1,3})$/.exec(part);
      if (match?.[1] === undefined) throw new InvalidArgumentError("Write it as base=2,office=1.");
      return [match[1], Number(match[2])];
    }),
  );
}
