import type { Finding } from "../contract/index.ts";
import type { ReadyVm } from "../microvisor/index.ts";
import type { FindingStop } from "./finding-stop.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { TaskNetwork } from "./network.ts";

interface GuardRequest {
  readonly stop: FindingStop;
  readonly network: TaskNetwork;
  /** Does what the policy says. Called once; never rejects. */
  readonly onFound: (finding: Finding) => Promise<void>;
}

/** Watches a micro-VM that somebody works with step by step, until the first finding that its policy ends it for. */
export class Guard {
  readonly #memory: MemoryWatch | undefined;
  #acting: Promise<void> = Promise.resolve();
  #ended = false;

  constructor({ vm, programHash }: ReadyVm, { stop, network, onFound }: GuardRequest) {
    for (const observer of [stop, network, vm.observation]) observer.begin();
    if (!stop.acts) return;
    vm.agent.witness({
      programHash,
      onEvent: (event) => {
        stop.event(event);
      },
    });
    this.#memory = new MemoryWatch(vm.observation, (seen) => {
      stop.memory(seen);
    });
    void stop.hit.then((outcome) => {
      if (outcome.kind !== "stopped" || this.#ended) return;
      this.#acting = this.#act(async () => {
        await onFound(outcome.finding);
      });
    });
  }

  /** Afterwards nothing is done at findings any more; what is being done has been done. Never rejects. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#memory?.end();
    await this.#acting;
  }

  async #act(onFound: () => Promise<void>): Promise<void> {
    await this.#memory?.end();
    await onFound();
  }
}
