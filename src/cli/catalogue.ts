import type { Command } from "commander";
import type { Invocation } from "./invocation.ts";

interface CatalogueEntry {
  readonly name: string;
  readonly group: "Tasks:" | "Machines:" | "This installation:";
  readonly summary: string;
  /** Loads the command's own module, so that the others cost nothing at start-up. */
  readonly load: () => Promise<(invocation: Invocation) => Command>;
}

/** Every command, in the order in which help shows them. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: "open",
    group: "Tasks:",
    summary: "make safe copies of documents, each opened in a micro-VM of its own",
    load: async () => (await import("./commands/open.ts")).openCommand,
  },
  {
    name: "view",
    group: "Tasks:",
    summary: "show a document live, in a window of a micro-VM of its own",
    load: async () => (await import("./commands/view.ts")).viewCommand,
  },
  {
    name: "browse",
    group: "Tasks:",
    summary: "show a page of the web live, in a browser in a micro-VM of its own",
    load: async () => (await import("./commands/browse.ts")).browseCommand,
  },
  {
    name: "capture",
    group: "Tasks:",
    summary: "take a picture, a safe PDF and the text of a web page",
    load: async () => (await import("./commands/capture.ts")).captureCommand,
  },
  {
    name: "run",
    group: "Tasks:",
    summary: "run one command in a micro-VM of its own",
    load: async () => (await import("./commands/run.ts")).runCommand,
  },
  {
    name: "shell",
    group: "Tasks:",
    summary: "open a shell in a micro-VM of its own",
    load: async () => (await import("./commands/shell.ts")).shellCommand,
  },
  {
    name: "ps",
    group: "Tasks:",
    summary: "list the running micro-VMs",
    load: async () => (await import("./commands/ps.ts")).psCommand,
  },
  {
    name: "kill",
    group: "Tasks:",
    summary: "end micro-VMs",
    load: async () => (await import("./commands/kill.ts")).killCommand,
  },
  {
    name: "check",
    group: "Tasks:",
    summary: "check the kernel of a running micro-VM from outside",
    load: async () => (await import("./commands/check.ts")).checkCommand,
  },
  {
    name: "report",
    group: "Tasks:",
    summary: "show what a task did, and that it is gone",
    load: async () => (await import("./commands/report.ts")).reportCommand,
  },
  {
    name: "reports",
    group: "Tasks:",
    summary: "list, search or remove reports",
    load: async () => (await import("./commands/reports.ts")).reportsCommand,
  },
  {
    name: "inspect",
    group: "Tasks:",
    summary: "look into micro-VMs that were frozen at a finding",
    load: async () => (await import("./commands/inspect.ts")).inspectCommand,
  },
  {
    name: "verify",
    group: "Tasks:",
    summary: "check a report's signature",
    load: async () => (await import("./commands/verify.ts")).verifyCommand,
  },
  {
    name: "policy",
    group: "Tasks:",
    summary: "say what a network policy allows, and find its mistakes",
    load: async () => (await import("./commands/policy.ts")).policyCommand,
  },
  {
    name: "rules",
    group: "Tasks:",
    summary: "list what is worth telling of a task, and find mistakes in such rules",
    load: async () => (await import("./commands/rules.ts")).rulesCommand,
  },
  {
    name: "profiles",
    group: "Machines:",
    summary: "list the kinds of machine that there are",
    load: async () => (await import("./commands/profiles.ts")).profilesCommand,
  },
  {
    name: "images",
    group: "Machines:",
    summary: "list, build, remove or verify images",
    load: async () => (await import("./commands/images.ts")).imagesCommand,
  },
  {
    name: "templates",
    group: "Machines:",
    summary: "list, build, remove or verify templates",
    load: async () => (await import("./commands/templates.ts")).templatesCommand,
  },
  {
    name: "up",
    group: "This installation:",
    summary: "start the daemon, and open its console in your browser",
    load: async () => (await import("./commands/up.ts")).upCommand,
  },
  {
    name: "down",
    group: "This installation:",
    summary: "end the daemon",
    load: async () => (await import("./commands/down.ts")).downCommand,
  },
  {
    name: "doctor",
    group: "This installation:",
    summary: "show what isolates tasks here, and prove it",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
  {
    name: "setup",
    group: "This installation:",
    summary: "install what is needed, and make the first templates",
    load: async () => (await import("./commands/setup.ts")).setupCommand,
  },
  {
    name: "completion",
    group: "This installation:",
    summary: "print a completion script for a shell",
    load: async () => (await import("./commands/completion.ts")).completionCommand,
  },
];
