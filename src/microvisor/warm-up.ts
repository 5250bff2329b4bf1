import { text } from "node:stream/consumers";
import { MayflyError, neutralise, within } from "../foundation/index.ts";
import type { MicroVm } from "./micro-vm.ts";

/** Minutes are enough even under emulation; on a machine that is very busy the same work took over five of them. */
const WARM_UP_DEADLINE_MS = 1_800_000;

/**
 * Runs one of a profile's warm-up commands as the guest's user.
 * @throws E_TEMPLATE where it fails, with the end of what it said
 */
export async function warmUp(vm: MicroVm, command: readonly string[], signal?: AbortSignal): Promise<void> {
  const guest = vm.agent.exec({ argv: command, env: {}, cwd: "/home/user", user: "user" });
  guest.stdin.end();
  const said = Promise.all([text(guest.stdout), text(guest.stderr)]);
  said.catch(() => undefined); // told by `exit`
  const late = (): MayflyError =>
    new MayflyError(
      "E_TEMPLATE",
      `The warm-up "${command.join(" ")}" took over ${WARM_UP_DEADLINE_MS / 1000} s`,
    );
  const exit = await within(Promise.race([guest.exit, vm.death()]), WARM_UP_DEADLINE_MS, {
    late,
    signal,
  });
  if (exit.kind === "exited" && exit.code === 0) return;
  const tail = (await said)
    .join("\n")
    .trim()
    .split("\n")
    .slice(-10)
    .map((line) => neutralise(line));
  const how = exit.kind === "exited" ? `status ${exit.code}` : `signal ${exit.signal}`;
  throw new MayflyError(
    "E_TEMPLATE",
    `The warm-up "${command.join(" ")}" failed with ${how}: ${tail.at(-1) ?? "it said nothing"}`,
    { log: tail },
  );
}
