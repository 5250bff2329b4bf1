export { stixBundle } from "./bundle.ts";
export type { StixIdOf } from "./patterns.ts";
