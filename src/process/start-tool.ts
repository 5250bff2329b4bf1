import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { MayflyError, errnoOf, ignoring } from "../foundation/index.ts";
import type { ToolOptions } from "./tool-options.ts";

/** Spawns the tool through `setpriv`, so that the kernel ends it when we die, however we die. */
export async function startTool(argv: readonly string[], options: ToolOptions): Promise<ChildProcess> {
  const input = options.input;
  const file = typeof input === "object" ? await open(input.file, "r") : undefined;
  try {
    const child = spawn("setpriv", ["--pdeathsig", options.deathSignal ?? "KILL", "--", ...argv], {
      cwd: options.cwd,
      env: toolEnvironment(options.env),
      detached: options.keepTerminal !== true,
      stdio: [
        file?.fd ?? (input === undefined ? "ignore" : "pipe"),
        "pipe",
        "pipe",
        ...(options.inherit ?? []),
      ],
    });
    child.stdin?.on("error", () => undefined); // a tool need not read all of its input; its status tells the rest
    if (typeof input === "string") child.stdin?.end(input);
    // Nothing is waited for once it runs: its output and its end must find a listener.
    if (child.pid === undefined) await spawned(child, argv);
    child.on("error", () => undefined); // a signal that came too late
    return child;
  } finally {
    if (file !== undefined) void ignoring(file.close(), "the tool has its own descriptor");
  }
}

async function spawned(child: ChildProcess, argv: readonly string[]): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (cause) {
    if (errnoOf(cause) !== "ENOENT") {
      throw new MayflyError("E_SETUP_FAILED", `Could not start ${argv[0] ?? ""}: ${String(cause)}`, {
        cause,
      });
    }
    throw new MayflyError(
      "E_SETUP_NEEDED",
      "The program setpriv is not installed, or the working directory is gone.",
      {
        cause,
        next: "Run: mayfly setup",
      },
    );
  }
}

function toolEnvironment(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH = "/usr/bin:/bin" } = process.env;
  // Debian leaves the sbin directories out of an ordinary user's PATH; some tools of ours live there.
  return { ...process.env, PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: "C.UTF-8", ...added };
}
