import {
  END,
  MAX_WITNESS_BYTES,
  RESET,
  WITNESS,
  WITNESS_QUOTA,
  WitnessDecoder,
  violation,
} from "../contract/agent/index.ts";
import type { WitnessEvent, WitnessRecord } from "../contract/index.ts";
import { deferred, openUntrusted, type MayflyError } from "../foundation/index.ts";
import { Allowance } from "./allowance.ts";
import { guestError } from "./guest-error.ts";
import type { StreamHandler, StreamMessage } from "./multiplexer.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { WitnessLog, type ProgramHash } from "./witness-log.ts";

/** How a guest is watched. */
export interface WitnessOptions {
  readonly programHash?: ProgramHash | undefined;
  /** Told of each event that is kept, as it arrives: up to some 20 ms after it happened, 20,000 times at most. */
  readonly onEvent?: ((event: WitnessEvent) => void) | undefined;
}

/** What the agent tells of the guest's programs, from the call of `witness` on. */
export interface GuestWitness {
  /** Asks for the rest, and ends it. Waits for at most 1.5 s of silence, 5 s in all. Never rejects; the same each time. */
  finish(): Promise<WitnessRecord>;
}

/** Only a guest that does not answer takes so long; a busy host must not make an honest one look like it. */
const SILENCE_MS = 1500;
const FINISH_MS = 5000;
const ENDED = "The guest ended its witness.";

export class WitnessStream implements GuestWitness, StreamHandler {
  private readonly owner: StreamOwner;
  private readonly stream: number;
  private readonly allowance: Allowance;
  private readonly decoder = new WitnessDecoder();
  private readonly log: WitnessLog;
  private readonly over = deferred<undefined>();
  private readonly gaps: string[] = [];
  private open = true;
  private asked = false;
  private bytes = 0;
  private heardAt = 0;
  private finished: Promise<WitnessRecord> | undefined;

  constructor(owner: StreamOwner, { programHash, onEvent }: WitnessOptions) {
    this.owner = owner;
    this.log = new WitnessLog(programHash ?? (() => undefined), onEvent ?? (() => undefined));
    this.stream = owner.open(this);
    this.allowance = new Allowance(owner, this.stream);
    owner.begin([this.stream], () => WITNESS.encode(this.stream, WITNESS_QUOTA));
  }

  async finish(): Promise<WitnessRecord> {
    this.finished ??= this.ask();
    return await this.finished;
  }

  receive(message: StreamMessage): void {
    if (message.type === "DATA") {
      const { length } = openUntrusted(message.body.bytes);
      this.allowance.spend(length);
      this.heardAt = performance.now();
      this.decoder.read(message.body.bytes, (record) => {
        this.log.add(record);
      });
      this.bytes += length;
      // Without credit it goes on watching, and counts what it cannot tell.
      if (this.bytes <= MAX_WITNESS_BYTES) this.allowance.consumed(length);
    } else if (message.type === "END") this.end(this.asked ? [] : [ENDED]);
    else if (message.type === "ERROR")
      this.end([guestError(message, { about: "agent", what: "be watched from within" }).message]);
    else if (message.type === "RESET") this.end([ENDED]);
    else throw violation(`${message.type} where a witness speaks`);
  }

  fail(reason: MayflyError): void {
    this.end([`The witness was cut off: ${reason.message}`]);
  }

  private async ask(): Promise<WitnessRecord> {
    this.asked = true;
    if (this.open) this.owner.send(END.encode(this.stream, {}));
    this.heardAt = performance.now();
    const latest = this.heardAt + FINISH_MS;
    while (this.open) {
      const left = Math.min(this.heardAt + SILENCE_MS, latest) - performance.now();
      if (left <= 0) {
        this.owner.send(RESET.encode(this.stream, { code: 0 }));
        this.end(["The witness did not answer at the end."]);
      } else {
        await soon(this.over.promise, left);
      }
    }
    return this.log.record(this.gaps);
  }

  private end(gaps: readonly string[]): void {
    if (!this.open) return;
    this.open = false;
    this.gaps.push(...gaps);
    this.allowance.close();
    this.owner.close(this.stream);
    this.over.resolve(undefined);
  }
}

/** Settles with `work`, or after so many milliseconds. */
async function soon(work: Promise<undefined>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bell = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, bell]);
  clearTimeout(timer);
}
