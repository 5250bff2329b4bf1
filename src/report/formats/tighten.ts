import { Document } from "yaml";
import type {
  GrantedRule,
  InjectedHeader,
  NetworkRule,
  Report,
  Secret,
  StreamRecord,
} from "../../contract/index.ts";
import { formatTime } from "../../foundation/index.ts";
import { hostAndPort, usesRule } from "../granted.ts";

/**
 * The smallest policy document that this run would have needed: each host and port that it was connected to, on the
 * terms that it had, and nothing else. A literal secret is not in a report; its place is a variable to be set. Pure.
 * @returns YAML, in the format of `--policy`
 */
export function tighten(report: Report): string {
  const connected = report.result.network.streams.filter(
    ({ decision, connected: address }) => decision.allowed && address !== undefined,
  );
  const allow = unique(connected.map((stream) => narrowed(stream, ruleOf(stream, report.rules))));
  const listed = report.rules.filter(
    (rule) => rule.list === "private" && connected.some((stream) => usesRule(stream, rule)),
  );
  const document = new Document({
    network: {
      ...(allow.length > 0 && { allow: allow.map(asWritten) }),
      ...(listed.length > 0 && { private: [...new Set(listed.map(({ to }) => to))] }),
      budget: { bytesOut: report.result.network.bytesOut, connections: connected.length },
    },
  });
  document.commentBefore = heading(report, allow);
  return document.toString({ lineWidth: 0 });
}

function ruleOf({ decision }: StreamRecord, rules: readonly GrantedRule[]): GrantedRule | undefined {
  return rules.find(({ rule }) => rule === decision.rule);
}

function narrowed({ target }: StreamRecord, rule: GrantedRule | undefined): NetworkRule {
  const inject = Object.fromEntries((rule?.inject ?? []).map((each) => [each.header, secretOf(each)]));
  return {
    to: hostAndPort(target.host, target.port),
    ...(rule?.tls !== undefined && { tls: rule.tls }),
    ...(rule?.inspect === true && { inspect: true }),
    ...(Object.keys(inject).length > 0 && { inject }),
  };
}

function secretOf({ header, from }: InjectedHeader): Secret {
  return from === "literal" ? { env: header.toUpperCase().replace(/[^A-Z0-9]/g, "_") } : from;
}

function unique(rules: readonly NetworkRule[]): NetworkRule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** A rule with nothing but `to` is written as that. */
function asWritten(rule: NetworkRule): NetworkRule | string {
  return Object.keys(rule).length === 1 ? rule.to : rule;
}

function heading({ result, rules }: Report, allow: readonly NetworkRule[]): string {
  const { ended, machine } = result.timings;
  const took = ended !== undefined && machine !== undefined ? ended - machine : undefined;
  const hasLiteral = rules.some(({ inject }) => inject.some(({ from }) => from === "literal"));
  return [
    ` The least that the run ${result.id} would have needed. What is not connected to is not in it.`,
    ...(allow.length === 0 ? [" It connected to nothing, so it needs no policy at all."] : []),
    ...(hasLiteral ? [" Secrets are in no report: set the variables that \`inject\` names."] : []),
    ...(took === undefined ? [] : [` It took ${formatTime(took)}; --time bounds the next one.`]),
  ].join("\n");
}
