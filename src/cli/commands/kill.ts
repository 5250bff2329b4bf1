import { Command } from "commander";
import { MayflyError, sleep } from "../../foundation/index.ts";
import { Mayfly, type RunningVm } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { tellFailure } from "../failure.ts";
import { print } from "../terminal/print.ts";

/** How long the owner of a killed micro-VM may take to dispose of it. */
const DISPOSAL_MS = 15_000;
const LOOK_AGAIN_MS = 20;

const EXAMPLES = `
Examples:
  mayfly kill m4x7            # the beginning of an id is enough
  mayfly kill --all`;

export function killCommand(invocation: Invocation): Command {
  return new Command("kill")
    .description(
      "Ends micro-VMs at once and waits until they are disposed of. An id may be cut short where it stays unambiguous.",
    )
    .argument("[ID...]", "ids of `mayfly ps`")
    .option("--all", "end every micro-VM of this user")
    .addHelpText("after", EXAMPLES)
    .action(async (ids: string[], { all = false }: { all?: boolean }) => {
      if (ids.length === 0 && !all)
        throw new MayflyError("E_USAGE", "There is no id to end", {
          next: "See `mayfly ps`, or give --all.",
        });
      await using mayfly = await Mayfly.open();
      for (const id of all ? mayfly.list().map((vm) => vm.id) : ids)
        invocation.status ||= await endOne(mayfly, id);
    });
}

/** One that cannot be ended does not keep the others alive. @returns the exit status for it */
async function endOne(mayfly: Mayfly, id: string): Promise<number> {
  try {
    const vm = mayfly.kill(id);
    await waitUntilDisposed(mayfly, vm);
    print(vm.id);
    return 0;
  } catch (cause) {
    return tellFailure(cause, { json: false });
  }
}

async function waitUntilDisposed(mayfly: Mayfly, vm: RunningVm): Promise<void> {
  const end = performance.now() + DISPOSAL_MS;
  while (mayfly.list().some(({ id }) => id === vm.id)) {
    if (performance.now() > end) {
      throw new MayflyError(
        "E_DISPOSAL",
        `${vm.id} was killed, but its owner (process ${vm.owner}) has not disposed of it`,
        {
          next: "When that process ends, the next Mayfly sweeps what is left.",
        },
      );
    }
    await sleep(LOOK_AGAIN_MS);
  }
}
