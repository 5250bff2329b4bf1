import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { endStarted, onTerminal } from "../e2e/cli-process.ts";
import { leftovers } from "../support/leftovers.ts";
import { OwnDaemon } from "./own-daemon.ts";

let daemon: OwnDaemon;
beforeAll(async () => {
  daemon = new OwnDaemon();
  await daemon.up("--standby", "base=1");
});
afterEach(endStarted);
afterAll(async () => {
  await daemon.end();
});

/** Says its size whenever that changes, and ends by Ctrl-C alone. */
const WATCHES =
  "tty; stty size; trap 'echo changed; stty size' WINCH; trap 'echo interrupted; exit 7' INT; echo up; while :; do sleep 0.1; done";

describe("a terminal by the daemon", () => {
  it("has the size of the person's, follows it, passes Ctrl-C on, and gives back the status and the terminal", async () => {
    const { env } = daemon;
    const session = onTerminal(
      `tty; stty -g; $MAYFLY run -t -- sh -c "${WATCHES}"; echo status $?; stty -g`,
      {
        env,
      },
    );
    const [, tty = ""] = await session.printed(/(\/dev\/pts\/\d+)/);
    await session.printed(/\n41 91\r+\nup\r/);
    const [{ kind, vm }] = (await daemon.ask("GET", "/v1/tasks")).json as [{ kind: string; vm: string }];
    expect(kind).toBe("terminal");
    execFileSync("stty", ["-F", tty, "rows", "50", "cols", "120"]);
    await session.printed(/changed\r+\n50 120\r/);
    session.child.stdin.write("\u0003");
    await session.printed(/interrupted\r+\n[\s\S]*status 7\r/);
    const { stdout } = await session.ended();
    const modes = [...stdout.toString().matchAll(/^([0-9a-f]+(:[0-9a-f]+){10,})\r$/gm)].map(
      ([, mode]) => mode,
    );
    expect(modes).toHaveLength(2);
    expect(modes[1]).toBe(modes[0]);
    expect(leftovers([vm])).toEqual([]);
  });

  it("ends with the person's terminal", async () => {
    const session = onTerminal("$MAYFLY run -t -- sh -c 'echo up; sleep 1000'", { env: daemon.env });
    await session.printed(/up\r/);
    const [{ vm }] = (await daemon.ask("GET", "/v1/tasks")).json as [{ vm: string }];
    session.hangUp();
    await session.ended();
    for (;;) {
      const [{ state }] = (await daemon.ask("GET", "/v1/tasks")).json as [{ state: string }];
      if (state === "ended") break;
    }
    expect(leftovers([vm])).toEqual([]);
  });
});
