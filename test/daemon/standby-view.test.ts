import { afterAll, beforeAll, expect, it } from "vitest";
import { endStarted } from "../e2e/cli-process.ts";
import { leftovers } from "../support/leftovers.ts";
import { OwnDaemon } from "./own-daemon.ts";

let daemon: OwnDaemon;
beforeAll(async () => {
  daemon = new OwnDaemon();
  await daemon.up("--standby", "office-view=1");
});
afterAll(async () => {
  await endStarted();
  await daemon.end();
});

async function standbys(): Promise<readonly string[]> {
  const vms = (await daemon.ask("GET", "/v1/vms")).json as { id: string; kind: string; profile: string }[];
  return vms
    .filter(({ kind, profile }) => kind === "standby" && profile === "office-view")
    .map(({ id }) => id);
}

it(
  "gives a view the micro-VM that it kept ready, and makes another ready",
  { timeout: 900_000 },
  async () => {
    const patience = { timeout: 250_000, interval: 200 };
    const about = async (): Promise<unknown> => (await daemon.ask("GET", "/v1/daemon")).json;
    await expect.poll(about, patience).toMatchObject({ standby: { "office-view": 1 } }); // made, and warm
    const [ready] = await standbys();
    const run = daemon.start("view", "examples/budget.xlsx", "--no-open", "--json");
    await run.printed(/^\{.*\}\n/);
    await expect.poll(standbys, patience).not.toContain(ready);
    run.child.kill("SIGINT");
    const { status, stdout } = await run.ended();
    const [, last = ""] = stdout.toString().trim().split("\n");
    expect(status).toBe(0);
    expect(JSON.parse(last)).toMatchObject({ id: ready, origin: "standby", disposal: { complete: true } });
    expect(leftovers([ready ?? ""])).toEqual([]);
    await expect.poll(standbys, patience).toHaveLength(1);
  },
);
