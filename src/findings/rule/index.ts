export type { Condition } from "./condition.ts";
export { eventsOfPattern, type Pattern, type Repeated, type Rule, type Sequence } from "./rule.ts";
