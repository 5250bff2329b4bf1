export { AttackMatrix, type PublishedTechnique } from "./attack.ts";
