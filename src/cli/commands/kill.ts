import { Command } from "commander";
import { MayflyError, asMayflyError, sleep } from "../../foundation/index.ts";
import { Mayfly, type RunningVm } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { describeError, tellFailure } from "../failure.ts";
import { writeJson } from "../json.ts";
import { print } from "../terminal/print.ts";

/** How long the owner of a killed micro-VM may take to dispose of it. */
const DISPOSAL_MS = 15_000;
const LOOK_AGAIN_MS = 20;

interface KillOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

interface Ended {
  /** Its own, or what was given where none was ended. */
  readonly id: string;
  readonly error: MayflyError | undefined;
}

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
    .option("--json", "print a JSON array")
    .addHelpText("after", EXAMPLES)
    .action(async (ids: string[], { all = false, json = false }: KillOptions) => {
      if (ids.length === 0 && !all)
        throw new MayflyError("E_USAGE", "There is no id to end", {
          next: "See `mayfly ps`, or give --all.",
        });
      // The beginning of every id: the one of a variable that is unset.
      if (ids.includes(""))
        throw new MayflyError("E_USAGE", "An id is empty", {
          next: "See `mayfly ps`, or give --all to end every micro-VM.",
        });
      await using mayfly = await Mayfly.open();
      const ended: Ended[] = [];
      for (const id of all ? mayfly.list().map((vm) => vm.id) : ids) {
        const one = await endOne(mayfly, id);
        if (!json) tell(one);
        if (one.error !== undefined) invocation.status ||= one.error.exitCode;
        ended.push(one);
      }
      if (json) writeJson(ended.map(({ id, error }) => ({ id, error: error && describeError(error) })));
    });
}

/** One that cannot be ended does not keep the others alive. */
async function endOne(mayfly: Mayfly, id: string): Promise<Ended> {
  try {
    const vm = mayfly.kill(id);
    await waitUntilDisposed(mayfly, vm);
    return { id: vm.id, error: undefined };
  } catch (cause) {
    return { id, error: asMayflyError(cause) };
  }
}

function tell({ id, error }: Ended): void {
  if (error === undefined) print(id);
  else tellFailure(error, { json: false });
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
