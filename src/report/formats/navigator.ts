import { SEVERITIES, type Finding, type Report, type Technique } from "../../contract/index.ts";
import { isLink } from "./link.ts";

/** Version of the matrix in `data/`. */
const ATTACK_VERSION = "18";
const COLOURS = ["#d7e3f4", "#ffe7a3", "#ffc26b", "#ff8a5c", "#d64545"];

/** A layer of the ATT&CK Navigator (format 4.5): each technique with the gravest finding that names it. */
export function navigatorLayer({ result, findings }: Report): object {
  return {
    name: `Mayfly ${result.id}`,
    versions: { attack: ATTACK_VERSION, navigator: "5.1.0", layer: "4.5" },
    domain: "enterprise-attack",
    description: `What the task ${result.id} of ${result.startedAt} was seen to do.`,
    filters: { platforms: ["Linux"] },
    sorting: 3,
    // Else a sub-technique is out of sight until somebody unfolds its technique.
    layout: { layout: "side", showName: true, expandedSubtechniques: "annotated" },
    hideDisabled: false,
    techniques: techniquesOf(findings),
    gradient: { colors: COLOURS, minValue: 0, maxValue: SEVERITIES.length - 1 },
    legendItems: SEVERITIES.map((label, index) => ({ label, color: COLOURS[index] })),
    showTacticRowBackground: false,
    selectTechniquesAcrossTactics: true,
  };
}

function techniquesOf(findings: readonly Finding[]): object[] {
  const named = new Map<string, { technique: Technique; of: Finding[] }>();
  for (const finding of findings)
    for (const technique of finding.techniques) {
      const entry = named.get(technique.id) ?? { technique, of: [] };
      entry.of.push(finding);
      named.set(technique.id, entry);
    }
  return [...named.values()].map(({ technique, of }) => {
    const score = Math.max(...of.map(({ severity }) => SEVERITIES.indexOf(severity)));
    return {
      techniqueID: technique.id,
      score,
      color: COLOURS[score],
      comment: of.map(({ rule, severity, text }) => `${rule} (${severity}): ${text}`).join("\n"),
      enabled: true,
      metadata: of.map(({ rule, voice }) => ({ name: rule, value: voice })),
      links: isLink(technique.url) ? [{ label: technique.name, url: technique.url }] : [],
    };
  });
}
