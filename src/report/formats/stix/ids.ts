import { v5 } from "uuid";
import { canonicalJson } from "../../canonical.ts";

/** Namespace that STIX 2.1 (§ 2.9) gives to ids of observables. */
const OBSERVABLES = "00abedb4-aa42-466c-9c01-fed23315a9b7";
/** Of everything else in a report of Mayfly's. */
const MAYFLY = "6f3c7a52-9d0e-4f0b-8c5c-2c1f5d6e7a90";

/** Of an observable, from the properties that its type says make it what it is. */
export function observableId(type: string, contributing: object): string {
  return `${type}--${v5(canonicalJson(contributing), OBSERVABLES)}`;
}

/** Of anything else: the same report has the same ids, whoever writes it again. */
export function objectId(type: string, ...names: readonly string[]): string {
  return `${type}--${v5(JSON.stringify([type, ...names]), MAYFLY)}`;
}

/** Of a process, whose ids the standard wants of version 4: random by its looks, and still the same each time. */
export function processId(...names: readonly string[]): string {
  const hex = v5(JSON.stringify(["process", ...names]), MAYFLY);
  return `process--${hex.slice(0, 14)}4${hex.slice(15)}`;
}
