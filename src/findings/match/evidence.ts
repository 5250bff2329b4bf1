import type { FindingEvidence } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import type { Fact } from "../facts/index.ts";

/** What one finding keeps; the rest is counted. */
const MOST = 20;
const LONGEST_TEXT = 300;

/** The facts that made a rule match, the earliest first. */
export class Evidence {
  readonly #kept: FindingEvidence[] = [];
  #omitted = 0;

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  get kept(): readonly FindingEvidence[] {
    return [...this.#kept].sort((a, b) => a.at - b.at);
  }

  get omitted(): number {
    return this.#omitted;
  }

  add(fact: Fact): void {
    if (this.#kept.length >= MOST) {
      this.#omitted++;
      return;
    }
    const { voice, at, pid } = fact;
    this.#kept.push({ voice, at, pid, text: neutralise(fact.tell(), LONGEST_TEXT) });
  }
}
