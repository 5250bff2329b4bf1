export { askSystem, type Ask } from "./ask-system.ts";
export { Resolver } from "./resolver.ts";
