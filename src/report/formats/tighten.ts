import { Document } from "yaml";
import {
  namesRule,
  type GrantedRule,
  type InjectedHeader,
  type NetworkRule,
  type Report,
  type Secret,
  type StreamRecord,
} from "../../contract/index.ts";
import { formatTime } from "../../foundation/index.ts";
import { hostAndPort, usesRule } from "../granted.ts";

/**
 * The smallest policy document that this run would have needed: each host and port that it was connected to, on the
 * terms that it had, and nothing else. A literal secret is not in a report; its place is a variable to be set. Pure.
 * @returns YAML, in the format of `--policy`
 */
export function tighten(report: Report): string {
  const { streams, bytesOut } = report.result.network;
  const connected = streams.filter(
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
      ...(connected.length > 0 && {
        budget: { bytesOut, connections: countedOf(streams, connected) },
      }),
    },
  });
  document.commentBefore = heading(report, allow);
  return document.toString({ lineWidth: 0 });
}

/** How many a budget would count, were all these targets allowed: streams to them that came to nothing, too. */
function countedOf(streams: readonly StreamRecord[], connected: readonly StreamRecord[]): number {
  const kept = new Set(connected.map(targetOf));
  // One that a budget kept from being opened, that budget did not count
  const isCounted = ({ connected: address, end }: StreamRecord): boolean =>
    address !== undefined || end !== "budget";
  return streams.filter((stream) => kept.has(targetOf(stream)) && isCounted(stream)).length;
}

function targetOf({ target }: StreamRecord): string {
  return hostAndPort(target.host, target.port);
}

/** Where it needed two, the one that allowed its name: rules of `allow` come first. */
function ruleOf({ decision }: StreamRecord, rules: readonly GrantedRule[]): GrantedRule | undefined {
  return rules.find(({ rule }) => namesRule(decision.rule, rule));
}

function narrowed(stream: StreamRecord, rule: GrantedRule | undefined): NetworkRule {
  const inject = Object.fromEntries((rule?.inject ?? []).map((each) => [each.header, secretOf(each)]));
  return {
    to: targetOf(stream),
    ...(rule?.protocol !== undefined && { protocol: rule.protocol }),
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
  const { omitted } = result.network;
  const hasLiteral = rules.some(({ inject }) => inject.some(({ from }) => from === "literal"));
  return [
    ` The least that the run ${result.id} would have needed. What is not connected to is not in it.`,
    ...(omitted > 0 ? [` ${leftOut(omitted)} left out of the record, so this policy may be too small.`] : []),
    ...(allow.length === 0 && omitted === 0
      ? [" It connected to nothing, so it needs no policy at all."]
      : []),
    ...(hasLiteral ? [" Secrets are in no report: set the variables that `inject` names."] : []),
    ...(took === undefined ? [] : [` It took ${formatTime(took)}; --time bounds the next one.`]),
  ].join("\n");
}

function leftOut(omitted: number): string {
  return omitted === 1 ? "1 stream was" : `${omitted} streams were`;
}
