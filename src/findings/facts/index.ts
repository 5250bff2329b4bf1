export { memoryFacts, outcomeFact, resourceFact, witnessFact } from "./closing-facts.ts";
export type { Fact, FieldValue } from "./fact.ts";
export { lookupFact, networkFact, streamFacts } from "./network-facts.ts";
export { VOCABULARY, fieldsOf, type Field, type FieldType, type Fields } from "./vocabulary.ts";
export { WitnessFacts } from "./witness-facts.ts";
