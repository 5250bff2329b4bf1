import type {
  Finding,
  MemoryRecord,
  NetworkRecord,
  Outcome,
  ResourceRecord,
  StreamRecord,
  WitnessEvent,
  WitnessRecord,
} from "../contract/index.ts";
import {
  WitnessFacts,
  lookupFact,
  memoryFacts,
  networkFact,
  outcomeFact,
  resourceFact,
  streamFacts,
  witnessFact,
  type Fact,
} from "./facts/index.ts";
import { Matcher } from "./match/matcher.ts";
import type { Rule } from "./rule/index.ts";

/** All that is known of a task when it has ended. */
export interface TaskEvidence {
  readonly outcome: Outcome;
  readonly witness: WitnessRecord;
  readonly network: NetworkRecord;
  readonly memory: MemoryRecord;
  readonly resources: ResourceRecord;
}

/** What the rules find in it, the gravest first. Takes time in proportion to evidence × rules. */
export function findingsOf(evidence: TaskEvidence, rules: readonly Rule[]): readonly Finding[] {
  const matcher = new Matcher(rules);
  for (const fact of factsOf(evidence)) matcher.add(fact);
  return matcher.findings();
}

/** Tells findings while a task runs, each rule's first one as it comes. What is only known at the end is not asked here. */
export class FindingWatch {
  readonly #matcher: Matcher;
  readonly #facts = new WitnessFacts();

  constructor(rules: readonly Rule[]) {
    this.#matcher = new Matcher(rules);
  }

  /** @returns what is found for the first time now, in the order of the rules */
  event(event: WitnessEvent): readonly Finding[] {
    return this.#matcher.add(this.#facts.fact(event));
  }

  /** A stream that was asked for, or one that has ended; each is to be told once. */
  stream(stream: StreamRecord): readonly Finding[] {
    return streamFacts(stream).flatMap((fact) => this.#matcher.add(fact));
  }

  memory(memory: MemoryRecord): readonly Finding[] {
    return memoryFacts(memory).flatMap((fact) => this.#matcher.add(fact));
  }
}

function factsOf({ outcome, witness, network, memory, resources }: TaskEvidence): Fact[] {
  const known = new WitnessFacts();
  const resource = resourceFact(resources);
  const happened = [
    ...witness.events.map((event) => known.fact(event)),
    ...network.streams.flatMap(streamFacts),
    ...memoryFacts(memory),
    resource,
  ].sort((a, b) => a.at - b.at);
  const end = happened.at(-1)?.at ?? 0;
  return [
    ...happened,
    ...network.lookups.map((name) => lookupFact(name, end)),
    networkFact(network, end),
    witnessFact(witness, end),
    outcomeFact(outcome, end),
  ];
}
