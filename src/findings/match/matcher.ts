import { SEVERITIES, type Finding } from "../../contract/index.ts";
import type { Fact } from "../facts/index.ts";
import { eventsOfPattern, type Rule } from "../rule/index.ts";
import { Evidence } from "./evidence.ts";
import { track, type Tracker } from "./tracker.ts";

interface Watched {
  readonly rule: Rule;
  readonly tracker: Tracker;
  readonly evidence: Evidence;
}

/** Holds facts against rules, one fact at a time; each rule makes one finding at most, with all its evidence. */
export class Matcher {
  readonly #watched: readonly Watched[];
  readonly #byEvent = new Map<string, Watched[]>();

  constructor(rules: readonly Rule[]) {
    this.#watched = rules.map((rule) => ({ rule, tracker: track(rule.pattern), evidence: new Evidence() }));
    for (const watched of this.#watched) {
      for (const event of eventsOfPattern(watched.rule.pattern)) {
        const list = this.#byEvent.get(event) ?? [];
        this.#byEvent.set(event, [...list, watched]);
      }
    }
  }

  /** @returns rules that match for the first time now */
  add(fact: Fact): readonly Finding[] {
    const fresh: Finding[] = [];
    for (const watched of this.#byEvent.get(fact.kind) ?? []) {
      const { evidence, tracker } = watched;
      const matched = tracker(fact);
      const isFirst = evidence.isEmpty && matched.length > 0;
      for (const each of matched) evidence.add(each);
      if (isFirst) fresh.push(findingOf(watched));
    }
    return fresh;
  }

  /** All so far, the gravest first, then in the order of the rules. */
  findings(): readonly Finding[] {
    const found = this.#watched.filter(({ evidence }) => !evidence.isEmpty).map(findingOf);
    const gravity = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
    return found.sort((a, b) => gravity(b) - gravity(a));
  }
}

function findingOf({ rule, evidence }: Watched): Finding {
  const { id, severity, text, techniques } = rule;
  const { kept, omitted } = evidence;
  const voice = kept.some((each) => each.voice === "outside") ? "outside" : "witness";
  return { rule: id, severity, text, techniques, voice, evidence: kept, evidenceOmitted: omitted };
}
