import {
  namesRule,
  type GrantedItem,
  type GrantedRule,
  type LocatedNetwork,
  type NetworkRule,
  type Secret,
  type StreamRecord,
  type TaskResult,
} from "../contract/index.ts";
import { formatSize, formatTime } from "../foundation/index.ts";
import { ruleName, type AdmittedTask } from "../policy/index.ts";
import type { Evidence } from "./evidence.ts";
import { mostAlive } from "./process-tree.ts";

/** What the policy allowed, and what of it was touched: inputs, results, network, limits. */
export function grantedAndUsed(task: AdmittedTask, result: TaskResult, evidence: Evidence): GrantedItem[] {
  return [
    ...task.inputs.map(({ name, path }) => inputItem(name ?? path, result)),
    outItem(task, result),
    ...networkItems(task.network, result.network.streams),
    ...limitItems(task, result, evidence),
  ];
}

/** The rules that let streams through, without anything secret. */
export function grantedRules(network: LocatedNetwork | undefined): GrantedRule[] {
  if (network === undefined) return [];
  const { policy, locate } = network;
  const allow = (policy.allow ?? []).map((written, index) => {
    const rule: NetworkRule = typeof written === "string" ? { to: written } : written;
    return {
      list: "allow" as const,
      rule: ruleName(locate(["network", "allow", index]), rule.to),
      to: rule.to,
      protocol: rule.protocol,
      tls: rule.tls,
      inspect: rule.inspect ?? false,
      inject: Object.entries(rule.inject ?? {}).map(([header, secret]) => ({
        header,
        from: originOf(secret),
      })),
    };
  });
  const listed = (policy.private ?? []).map((to, index) => ({
    list: "private" as const,
    rule: ruleName(locate(["network", "private", index]), to),
    to,
    tls: undefined,
    inspect: false,
    inject: [],
  }));
  return [...allow, ...listed];
}

function originOf(secret: Secret): GrantedRule["inject"][number]["from"] {
  return typeof secret === "string" ? "literal" : secret;
}

/** It was copied in whole; whether a program read it, only a witness could tell. */
function inputItem(name: string, { inputs }: TaskResult): GrantedItem {
  const fact = inputs.find((each) => each.name === name);
  return {
    what: `input ${name}`,
    granted: `read as /in/${name}`,
    used: fact === undefined ? "" : `${formatSize(fact.bytes)} copied in`,
  };
}

function outItem({ out }: AdmittedTask, { outputs, refusedOutputs }: TaskResult): GrantedItem {
  const bytes = outputs.reduce((sum, file) => sum + file.bytes, 0);
  const refused = refusedOutputs.length === 0 ? "" : `, ${refusedOutputs.length} left behind`;
  const used = outputs.length + refusedOutputs.length > 0;
  return {
    what: "results",
    granted: out === undefined ? "nothing comes back from /out" : `what is left in /out comes to ${out}`,
    used: used ? `${counted(outputs.length, "file")}, ${formatSize(bytes)}${refused}` : "",
  };
}

function networkItems(network: LocatedNetwork | undefined, streams: readonly StreamRecord[]): GrantedItem[] {
  const rules = grantedRules(network);
  if (rules.length === 0) return [{ what: "network", granted: "nothing", used: refusals(streams) }];
  const items = rules.map((rule) => ({
    what: rule.rule,
    granted: rule.list === "allow" ? "streams may be opened" : "an address that is not public may be dialled",
    used: streamsOf(streams.filter((stream) => stream.decision.allowed && usesRule(stream, rule))),
  }));
  const refused = refusals(streams);
  return refused === ""
    ? items
    : [...items, { what: "network, anything else", granted: "nothing", used: refused }];
}

/** An address that is not public is used by whichever stream was connected to it. */
export function usesRule(
  { decision, connected, target }: StreamRecord,
  { list, rule, to }: GrantedRule,
): boolean {
  if (namesRule(decision.rule, rule)) return true;
  if (list !== "private" || connected === undefined) return false;
  return canonical(to) === canonical(hostAndPort(connected, target.port));
}

/** A policy may spell an IPv6 address in several ways. @param to address and port */
function canonical(to: string): string {
  const url = `stream://${to}`;
  return URL.canParse(url) ? new URL(url).host : to;
}

/** `example.org:443`, `[2001:db8::1]:443` */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function streamsOf(streams: readonly StreamRecord[]): string {
  if (streams.length === 0) return "";
  const targets = [...new Set(streams.map(({ target }) => hostAndPort(target.host, target.port)))];
  const out = streams.reduce((sum, each) => sum + each.bytesOut, 0);
  const inward = streams.reduce((sum, each) => sum + each.bytesIn, 0);
  return `${counted(streams.length, "stream")} to ${listed(targets)}: ${formatSize(out)} out, ${formatSize(inward)} in`;
}

function refusals(streams: readonly StreamRecord[]): string {
  const refused = streams.filter(({ decision }) => !decision.allowed);
  if (refused.length === 0) return "";
  const targets = [...new Set(refused.map(({ target }) => hostAndPort(target.host, target.port)))];
  return `${counted(refused.length, "stream")} to ${listed(targets)} refused`;
}

const MOST_LISTED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED;
  return more > 0 ? `${names.slice(0, MOST_LISTED).join(", ")} and ${more} more` : names.join(", ");
}

function limitItems(
  { limits }: AdmittedTask,
  result: TaskResult,
  { resources, witness }: Evidence,
): GrantedItem[] {
  const { timings, outputs } = result;
  const took =
    timings.ended !== undefined && timings.machine !== undefined ? timings.ended - timings.machine : 0;
  const alive = mostAlive(witness.events);
  const bytes = outputs.reduce((sum, file) => sum + file.bytes, 0);
  const most = resources.peakPrivateBytes;
  return [
    limit(
      "memory",
      formatSize(limits.memory),
      most > 0 ? `at most ${formatSize(most)} of its own, QEMU's included` : "",
    ),
    limit("time", formatTime(limits.timeMs), took > 0 ? formatTime(took) : ""),
    limit(
      "processors",
      String(limits.cpus ?? limits.vcpus),
      resources.cpuMs > 0 ? `${formatTime(resources.cpuMs)} of processor time` : "",
    ),
    limit("processes", String(limits.processes), alive > 0 ? `at most ${alive} at once, by the witness` : ""),
    limit("result files", String(limits.outFiles), outputs.length > 0 ? String(outputs.length) : ""),
    limit("result bytes", formatSize(limits.outBytes), bytes > 0 ? formatSize(bytes) : ""),
  ];
}

function limit(name: string, granted: string, used: string): GrantedItem {
  return { what: `limit ${name}`, granted, used };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
