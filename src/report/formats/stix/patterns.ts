import type { Finding, Technique } from "../../../contract/index.ts";
import { isLink } from "../link.ts";
import { objectId } from "./ids.ts";
import type { StixObject } from "./observables.ts";

/** The id that MITRE's published data gives to a technique; undefined for one that it does not have. */
export type StixIdOf = (technique: string) => string | undefined;

/** Before any that MITRE published: whoever has MITRE's own object of the same id keeps that. */
export const BEFORE_ATTACK = "2017-01-01T00:00:00.000Z";

/** An attack pattern for each technique of the findings. */
export function attackPatterns(findings: readonly Finding[], stixIdOf: StixIdOf): StixObject[] {
  const techniques = new Map(
    findings.flatMap((finding) => finding.techniques.map((each) => [each.id, each])),
  );
  return [...techniques.values()].map((technique) => ({
    type: "attack-pattern",
    spec_version: "2.1",
    id: patternId(technique, stixIdOf),
    created: BEFORE_ATTACK,
    modified: BEFORE_ATTACK,
    name: technique.name,
    ...(technique.tactics.length > 0 && {
      kill_chain_phases: technique.tactics.map((tactic) => ({
        kill_chain_name: "mitre-attack",
        phase_name: tactic,
      })),
    }),
    external_references: [
      {
        source_name: "mitre-attack",
        external_id: technique.id,
        ...(isLink(technique.url) && { url: technique.url }),
      },
    ],
  }));
}

export function patternId({ id }: Technique, stixIdOf: StixIdOf): string {
  return stixIdOf(id) ?? objectId("attack-pattern", id);
}
