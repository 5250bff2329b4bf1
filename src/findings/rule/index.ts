export { compileRules, type RuleFile, type WrittenRule } from "./compile-rule.ts";
export type { Condition } from "./condition.ts";
export { eventsOfPattern, type Pattern, type Repeated, type Rule, type Sequence } from "./rule.ts";
