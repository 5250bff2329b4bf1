import type { Duplex } from "node:stream";
import { MayflyError, asMayflyError, deferred, neutralise, type Deferred } from "../../foundation/index.ts";
import type { QmpCommands } from "./commands.ts";
import { decodeQmp, type QmpMessage } from "./messages.ts";
import { QmpTransport } from "./transport.ts";

type EventData = Readonly<Record<string, unknown>>;
interface Pending {
  readonly command: string;
  readonly answer: Deferred<unknown>;
}

/** Correlates commands and answers. When the connection ends every pending call rejects with the reason. */
export class QmpClient {
  readonly #transport: QmpTransport;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, ((data: EventData) => void)[]>();
  #lastId = 0;
  #ended: MayflyError | undefined;

  /** Capability negotiation is sent at once, so that commands may follow without a wait for the greeting. */
  constructor(socket: Duplex) {
    this.#transport = new QmpTransport(socket, {
      onLine: (line) => {
        try {
          this.#receive(decodeQmp(line));
        } catch (cause) {
          socket.destroy();
          this.#end(asMayflyError(cause));
        }
      },
      onClose: (reason) => {
        this.#end(reason ?? new MayflyError("E_ENGINE_DIED", "QEMU closed its control connection"));
      },
    });
    this.execute("qmp_capabilities").catch(() => undefined); // its failure ends the connection, which tells all
  }

  /** @throws E_ENGINE_PROTOCOL where QEMU refuses the command, E_ENGINE_DIED where it ends first */
  async execute<C extends keyof QmpCommands>(command: C, ...args: QmpCommands[C]): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = ++this.#lastId;
    const answer = deferred<unknown>();
    this.#pending.set(id, { command, answer });
    this.#transport.send({ execute: command, id, ...(args.length > 0 ? { arguments: args[0] } : {}) });
    return await answer.promise;
  }

  on(event: string, listener: (data: EventData) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  #receive(message: QmpMessage): void {
    if (message.kind === "greeting") return;
    if (message.kind === "event") {
      for (const listener of this.#listeners.get(message.name) ?? []) listener(message.data);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === "return") pending?.answer.resolve(message.value);
    else pending?.answer.reject(refused(pending.command, message.description));
  }

  #end(reason: MayflyError): void {
    this.#ended ??= reason;
    for (const { answer } of this.#pending.values()) answer.reject(this.#ended);
    this.#pending.clear();
  }
}

function refused(command: string, description: string): MayflyError {
  return new MayflyError("E_ENGINE_PROTOCOL", `QEMU refused ${command}: ${neutralise(description)}`);
}
