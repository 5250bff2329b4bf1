import {
  NO_RESOURCES,
  NO_WITNESS,
  uncheckedMemory,
  type MemoryRecord,
  type ResourceRecord,
  type WitnessRecord,
} from "../contract/index.ts";

/** What was observed of a task, by whoever observes. */
export interface Evidence {
  readonly witness: WitnessRecord;
  readonly resources: ResourceRecord;
  readonly memory: MemoryRecord;
}

/** What is known where nobody observed anything. */
export const NO_EVIDENCE: Evidence = {
  witness: NO_WITNESS,
  resources: NO_RESOURCES,
  memory: uncheckedMemory("nothing checked it"),
};
