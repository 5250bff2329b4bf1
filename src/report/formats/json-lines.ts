import type {
  ExecEvent,
  FileEvent,
  Finding,
  RenameEvent,
  Report,
  StreamRecord,
  WitnessEvent,
} from "../../contract/index.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A line of JSON for the task, each finding, each stream and each event of the witness, in the order of time. Names of
 * fields follow the Elastic Common Schema where it has one; what it has none for is below `mayfly`.
 */
export function jsonLines(report: Report): string {
  const { result, findings, witness } = report;
  const asked = Date.parse(result.startedAt);
  const began = beginOf(report);
  const lines = [
    ...findings.map((finding) => ({ at: finding.evidence[0]?.at ?? 0, fields: findingFields(finding) })),
    ...result.network.streams.map((stream) => ({ at: stream.at, fields: streamFields(stream) })),
    ...witness.events.map((event) => ({ at: event.at, fields: eventFields(event) })),
  ].sort((one, other) => one.at - other.at);
  const end = { at: (result.timings.disposed ?? 0) - (began - asked), fields: taskFields(report) };
  const all = [...lines, end];
  const common = commonFields(report);
  return all
    .map(
      ({ at, fields }) =>
        `${JSON.stringify({ "@timestamp": timeOf(began, at), ...merge(common, fields) })}\n`,
    )
    .join("");
}

/** Objects below the same key are joined. */
function merge(common: Fields, fields: Fields): Fields {
  const mayfly = { ...(common["mayfly"] as object), ...(fields["mayfly"] as object | undefined) };
  return { ...common, ...fields, mayfly };
}

/** When the task began, from where evidence counts: later than the request. Milliseconds since 1970. */
export function beginOf({ result: { startedAt, timings } }: Report): number {
  return Date.parse(startedAt) + (timings.begun ?? 0);
}

/** A guest's clock may say anything; a date may not. */
export function timeOf(began: number, at: number): string {
  const time = new Date(began + Math.max(0, at));
  return Number.isNaN(time.getTime()) ? new Date(began).toISOString() : time.toISOString();
}

function commonFields({ origin, result }: Report): Fields {
  return {
    ecs: { version: "8.11.0" },
    observer: { vendor: "Mayfly", product: "Mayfly", type: "sandbox", version: origin.version },
    host: { id: result.id, type: "micro-vm" },
    mayfly: { report: result.id, profile: result.profile },
  };
}

function taskFields({ command, result, witness, memory, findings }: Report): Fields {
  const { outcome, exitCode, disposal, timings, network } = result;
  const began = Date.parse(result.startedAt);
  return {
    event: {
      kind: "event",
      category: ["process"],
      type: ["end"],
      action: "task-ended",
      outcome: exitCode === 0 ? "success" : "failure",
      start: result.startedAt,
      end: timeOf(began, timings.ended ?? 0),
      duration: Math.round((timings.ended ?? 0) * 1e6),
    },
    process: { args: command, exit_code: exitCode },
    source: { bytes: network.bytesOut },
    destination: { bytes: network.bytesIn },
    mayfly: {
      outcome,
      isolation: result.isolation?.kind,
      disposed: disposal.complete,
      findings: findings.length,
      witness: { state: witness.state, lost: witness.lost, omitted: witness.omitted },
      memory: { state: memory.state, changed_pages: memory.changedPages },
      kernel: Object.fromEntries(memory.kernel.map(({ part, state }) => [part.replaceAll(" ", "_"), state])),
    },
  };
}

const ECS_SEVERITY = { info: 1, low: 21, medium: 47, high: 73, critical: 99 } as const;

function findingFields({ rule, severity, text, techniques, voice, evidence }: Finding): Fields {
  const tactics = [...new Set(techniques.flatMap((technique) => technique.tactics))];
  return {
    event: {
      kind: "alert",
      category: ["intrusion_detection"],
      type: ["info"],
      action: rule,
      severity: ECS_SEVERITY[severity],
    },
    message: text,
    rule: { name: rule, description: text },
    ...(techniques.length > 0 && {
      threat: {
        framework: "MITRE ATT&CK",
        technique: {
          id: techniques.map(({ id }) => id),
          name: techniques.map(({ name }) => name),
          reference: techniques.map(({ url }) => url),
        },
        tactic: { name: tactics },
      },
    }),
    mayfly: { severity, voice, evidence: evidence.map(({ text: seen }) => seen) },
  };
}

function streamFields({ target, decision, connected, bytesIn, bytesOut, ...stream }: StreamRecord): Fields {
  return {
    event: {
      kind: "event",
      category: ["network"],
      type: ["connection", decision.allowed ? "allowed" : "denied"],
      action: stream.end,
      duration: Math.round(stream.lasted * 1e6),
      ...(decision.reason !== "" && { reason: decision.reason }),
    },
    network: { transport: "tcp", direction: "egress", bytes: bytesIn + bytesOut },
    source: { bytes: bytesOut },
    destination: {
      domain: target.host,
      address: target.host,
      port: target.port,
      ip: connected,
      bytes: bytesIn,
    },
    ...(stream.tls !== undefined && { tls: { client: { server_name: stream.tls.serverName } } }),
    ...(stream.program !== undefined && { process: { executable: stream.program } }),
    ...(decision.rule !== undefined && { rule: { name: decision.rule } }),
    mayfly: { voice: "outside", inspected: stream.inspected, http: stream.http },
  };
}

function eventFields(event: WitnessEvent): Fields {
  const { pid } = event;
  switch (event.kind) {
    case "exec":
      return execFields(event);
    case "fork":
      return told(event, "process", "start", { process: { pid: event.child, parent: { pid } } });
    case "exit":
      return told(event, "process", "end", { process: { pid, exit_code: statusOf(event) } });
    case "listen": {
      const { address, port, protocol } = event;
      return told(event, "network", "start", {
        process: { pid },
        server: { address, port },
        network: { transport: protocol },
      });
    }
    case "credentials": {
      const user = { id: String(event.from), effective: { id: String(event.to) } };
      return told(event, "iam", "change", { process: { pid }, user, mayfly: { call: event.call } });
    }
    case "call": {
      const { call, detail, succeeded } = event;
      return told(event, "process", "info", { process: { pid }, mayfly: { call, detail, succeeded } });
    }
    default:
      return fileFields(event);
  }
}

const FILE_TYPES = { create: "creation", write: "change", delete: "deletion", executable: "change" } as const;

function fileFields(event: FileEvent | RenameEvent): Fields {
  const process = { pid: event.pid };
  if ("to" in event)
    return told(event, "file", "change", { process, file: { path: event.to }, mayfly: { from: event.path } });
  return told(event, "file", FILE_TYPES[event.kind], { process, file: { path: event.path } });
}

function statusOf({
  code,
  signal,
}: {
  code: number | undefined;
  signal: number | undefined;
}): number | undefined {
  return code ?? (signal === undefined ? undefined : 128 + signal);
}

/** What every event of the witness has: it is the guest's word. */
function told({ kind }: WitnessEvent, ...[category, type, more]: [string, string, Fields]): Fields {
  return {
    event: { kind: "event", category: [category], type: [type], action: kind },
    ...more,
    mayfly: { voice: "witness", ...(more["mayfly"] as object | undefined) },
  };
}

function execFields(event: ExecEvent): Fields {
  const { pid, program, argv, user, sha256, origin } = event;
  const hash = sha256 === undefined ? undefined : { sha256 };
  return told(event, "process", "start", {
    process: { pid, executable: program, args: argv, hash },
    user: { id: String(user) },
    mayfly: { origin },
  });
}
