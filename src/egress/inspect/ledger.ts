import type { RequestWords } from "../http/index.ts";
import { neutralise } from "../../foundation/index.ts";
import type { InspectionListeners } from "./options.ts";

/** Requests and faults of one stream that are told; later ones are served all the same. */
const MAX_TOLD = 1000;

/** Tells the listeners what happens, in bounds. */
export class Ledger {
  private readonly listeners: InspectionListeners;
  private requests = 0;
  private faults = 0;

  constructor(listeners: InspectionListeners) {
    this.listeners = listeners;
  }

  /** Gives what is to be called, once, with the final status. */
  request(words: RequestWords): (status: number) => void {
    const number = this.requests++;
    if (number >= MAX_TOLD) return () => undefined;
    this.listeners.onRequest?.(number, words);
    let isTold = false;
    return (status) => {
      if (!isTold) this.listeners.onResponse?.(number, status);
      isTold = true;
    };
  }

  /** `why` may quote a server's certificate, so it is neutralised. */
  fault(why: string): void {
    if (this.faults++ < MAX_TOLD) this.listeners.onFault?.(neutralise(why, 300));
  }
}
