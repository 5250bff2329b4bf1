import type { Finding, Report, Severity } from "../../../contract/index.ts";
import { beginOf, timeOf } from "../json-lines.ts";
import { objectId, observableId } from "./ids.ts";
import { Observables, type StixObject } from "./observables.ts";
import { attackPatterns, BEFORE_ATTACK, patternId, type StixIdOf } from "./patterns.ts";

/** What a severity says of the thing that was run, in the words of STIX's malware-result-ov. */
const VERDICTS: Readonly<Record<Severity, string>> = {
  info: "unknown",
  low: "unknown",
  medium: "suspicious",
  high: "suspicious",
  critical: "malicious",
};

/** What all objects of a bundle have in common, and when the task ran. */
interface Frame {
  readonly first: string;
  readonly last: string;
  readonly common: object;
}

/** A STIX 2.1 bundle: what was analysed, what was observed, which techniques were seen. Pure. */
export function stixBundle(report: Report, stixIdOf: StixIdOf): object {
  const { result, findings } = report;
  const began = Date.parse(result.startedAt);
  const author = identity(report);
  const last = timeOf(began, result.timings.ended ?? 0);
  const common = { spec_version: "2.1", created: last, modified: last, created_by_ref: author.id };
  const frame = { first: timeOf(began, 0), last, common };
  const observables = new Observables(result.id, beginOf(report));
  const inputs = result.inputs.map((input) => observables.input(input));
  const seen = observedData(report, observables, frame);
  const program = software(report.origin);
  const seenIds = observables.objects.map(({ id }) => id);
  const analysis: StixObject = {
    type: "malware-analysis",
    id: objectId("malware-analysis", result.id),
    ...common,
    product: "mayfly",
    version: report.origin.version,
    host_vm_ref: program.id,
    submitted: frame.first,
    analysis_started: frame.first,
    analysis_ended: frame.last,
    result: verdictOf(findings),
    ...(inputs[0] !== undefined && { sample_ref: inputs[0] }),
    ...(seenIds.length > 0 && { analysis_sco_refs: seenIds }),
  };
  const patterns = attackPatterns(findings, stixIdOf);
  const context = {
    common,
    subjects: [...seen.map(({ id }) => id), analysis.id],
    stixIdOf,
    report: result.id,
  };
  const notes = findings.map((finding, index) => note(finding, index, context));
  const about = [analysis, ...seen, ...patterns, ...notes];
  const story = storyOf(report, frame, {
    refs: [...about.map(({ id }) => id), ...seenIds],
    leftOut: observables.leftOut,
  });
  return {
    type: "bundle",
    id: objectId("bundle", result.id),
    objects: [author, story, ...about, program, ...observables.objects],
  };
}

function observedData({ result, witness }: Report, observables: Observables, frame: Frame): StixObject[] {
  const { streams, lookups } = result.network;
  const groups = {
    network: [
      ...streams.flatMap((stream) => observables.traffic(stream)),
      ...lookups.flatMap((name) => observables.domain(name)),
    ],
    processes: observables.processes(witness.events),
    files: observables.files(witness.events),
  };
  return Object.entries(groups)
    .filter(([, refs]) => refs.length > 0)
    .map(([name, refs]) => ({
      type: "observed-data",
      id: objectId("observed-data", result.id, name),
      ...frame.common,
      first_observed: frame.first,
      last_observed: frame.last,
      number_observed: 1,
      object_refs: [...new Set(refs)],
    }));
}

function storyOf(
  report: Report,
  { common, last }: Frame,
  { refs, leftOut }: { refs: readonly string[]; leftOut: number },
): StixObject {
  return {
    type: "report",
    id: objectId("report", report.result.id),
    ...common,
    name: `Mayfly report ${report.result.id}`,
    description: describe(report, leftOut),
    report_types: ["observed-data"],
    published: last,
    object_refs: refs,
  };
}

function identity({ origin }: Report): StixObject {
  return {
    type: "identity",
    spec_version: "2.1",
    id: objectId("identity", "mayfly"),
    created: BEFORE_ATTACK,
    modified: BEFORE_ATTACK,
    name: "Mayfly",
    description: `Runs what is not trusted in a micro-VM of its own, and reports what it did. Version ${origin.version}.`,
    identity_class: "system",
  };
}

function software({ engine }: Report["origin"]): StixObject {
  const at = engine.indexOf(" ");
  const name = at < 0 ? engine : engine.slice(0, at);
  const contributing = { name: name || "unknown", ...(at > 0 && { version: engine.slice(at + 1) }) };
  return {
    type: "software",
    spec_version: "2.1",
    id: observableId("software", contributing),
    ...contributing,
  };
}

function verdictOf([gravest]: readonly Finding[]): string {
  return gravest === undefined ? "unknown" : VERDICTS[gravest.severity];
}

interface NoteContext {
  readonly common: object;
  /** What a note is about, besides its techniques. */
  readonly subjects: readonly string[];
  readonly stixIdOf: StixIdOf;
  readonly report: string;
}

function note(
  finding: Finding,
  index: number,
  { common, subjects, stixIdOf, report }: NoteContext,
): StixObject {
  const { rule, severity, text, voice, evidence, techniques } = finding;
  const whose =
    voice === "outside" ? "seen from outside the machine" : "by the word of the machine's witness";
  return {
    type: "note",
    id: objectId("note", report, String(index), rule),
    ...common,
    abstract: `${rule} (${severity})`,
    content: [`${text} (${whose})`, ...evidence.map((each) => `- ${each.text}`)].join("\n"),
    authors: ["Mayfly"],
    object_refs: [...new Set([...techniques.map((each) => patternId(each, stixIdOf)), ...subjects])],
  };
}

function describe({ command, result, findings }: Report, leftOut: number): string {
  const how = result.outcome.kind;
  const gone = result.disposal.complete ? "its micro-VM is proved gone" : "its micro-VM is NOT proved gone";
  const names =
    leftOut === 0 ? "" : ` ${leftOut} hosts that it asked for have no name of a host: left out here.`;
  return `Profile ${result.profile}; ${how}; ${findings.length} findings; ${gone}.${names} Command: ${command.join(" ")}`;
}
