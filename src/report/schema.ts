import * as v from "valibot";

/*
 * The format of stored reports. Published as `docs/report.schema.json`; a test keeps the two equal. What has no value is
 * left out of JSON, so what may be undefined is optional here; so is what earlier versions did not record yet. Keys that are not known are let through: a later Mayfly
 * may say more.
 */

const text = v.pipe(v.string(), v.maxLength(100_000));
const count = v.pipe(v.number(), v.minValue(0));
const whole = v.pipe(v.number(), v.safeInteger());
const natural = v.pipe(whole, v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const texts = list(text, 100_000);
const severity = v.picklist(["info", "low", "medium", "high", "critical"]);
const voice = v.picklist(["witness", "outside"]);

function list<S extends v.GenericSchema>(
  item: S,
  most: number,
): v.SchemaWithPipe<
  readonly [v.ArraySchema<S, undefined>, v.MaxLengthAction<v.InferOutput<S>[], number, undefined>]
> {
  return v.pipe(v.array(item), v.maxLength(most));
}

const Finding = v.looseObject({
  rule: text,
  severity,
  text,
  techniques: list(v.looseObject({ id: text, name: text, tactics: texts, url: text }), 100),
  voice,
  evidence: list(v.looseObject({ voice, at: v.number(), pid: v.optional(whole), text }), 20),
  evidenceOmitted: natural,
});

const Outcome = v.variant("kind", [
  v.looseObject({ kind: v.literal("exited"), code: whole }),
  v.looseObject({ kind: v.literal("signalled"), signal: whole }),
  v.looseObject({ kind: v.literal("limit"), limit: text, allowed: count }),
  v.looseObject({ kind: v.literal("stopped"), finding: Finding }),
  v.looseObject({ kind: v.literal("cancelled") }),
  v.looseObject({ kind: v.literal("failed"), code: text, message: text, next: v.optional(text) }),
]);

const Stream = v.looseObject({
  at: v.number(),
  target: v.looseObject({ host: text, port: natural }),
  program: v.optional(text),
  decision: v.looseObject({ allowed: v.boolean(), rule: v.optional(text), reason: text }),
  addresses: texts,
  connected: v.optional(text),
  tls: v.optional(v.looseObject({ serverName: v.optional(text), alpn: texts })),
  inspected: v.boolean(),
  http: list(v.looseObject({ method: text, host: text, path: text, status: v.optional(whole) }), 20_000),
  bytesOut: natural,
  bytesIn: natural,
  end: v.picklist(["closed", "reset", "refused", "unreachable", "budget", "task-ended"]),
  lasted: v.number(),
});

const Result = v.looseObject({
  id: v.pipe(v.string(), v.regex(/^m[0-9a-z]{12}$/)),
  profile: text,
  template: text,
  origin: v.picklist(["standby", "fork", "none"]),
  isolation: v.optional(
    v.looseObject({
      kind: v.picklist(["hardware", "emulated"]),
      accelerator: v.picklist(["kvm", "tcg"]),
      reason: text,
    }),
  ),
  outcome: Outcome,
  exitCode: whole,
  inputs: list(v.looseObject({ name: text, bytes: natural, sha256 }), 100_000),
  outputs: list(v.looseObject({ path: text, bytes: natural }), 1_000_000),
  refusedOutputs: list(v.looseObject({ path: text, why: text }), 1_000_000),
  network: v.looseObject({
    streams: list(Stream, 10_000),
    omitted: natural,
    mostOpen: v.optional(natural),
    lookups: list(text, 1_000),
    bytesOut: natural,
    bytesIn: natural,
  }),
  startedAt: v.pipe(v.string(), v.isoTimestamp()),
  timings: v.looseObject({
    machine: v.optional(count),
    begun: v.optional(count),
    firstByte: v.optional(count),
    ended: v.optional(count),
    collected: v.optional(count),
    disposed: v.optional(count),
  }),
  warnings: texts,
  frozen: v.optional(text),
  disposal: v.looseObject({
    complete: v.boolean(),
    steps: list(v.looseObject({ step: text, ok: v.boolean(), ms: v.number(), detail: text }), 1_000),
  }),
});

const seen = { at: v.number(), pid: whole };

const WitnessEvent = v.variant("kind", [
  v.looseObject({
    ...seen,
    kind: v.literal("exec"),
    program: text,
    argv: texts,
    argvBytes: natural,
    user: whole,
    origin: v.picklist(["image", "changed", "memory"]),
    sha256: v.optional(sha256),
  }),
  v.looseObject({ ...seen, kind: v.literal("fork"), child: whole }),
  v.looseObject({ ...seen, kind: v.literal("exit"), code: v.optional(whole), signal: v.optional(whole) }),
  v.looseObject({
    ...seen,
    kind: v.picklist(["create", "write", "delete", "executable"]),
    path: text,
  }),
  v.looseObject({ ...seen, kind: v.picklist(["rename", "link"]), path: text, to: text }),
  v.looseObject({
    ...seen,
    kind: v.literal("listen"),
    protocol: v.picklist(["tcp", "udp", "unix"]),
    address: text,
    port: natural,
  }),
  v.looseObject({ ...seen, kind: v.literal("credentials"), call: text, from: whole, to: whole }),
  v.looseObject({ ...seen, kind: v.literal("call"), call: text, detail: text, succeeded: v.boolean() }),
]);

const Memory = v.looseObject({
  state: v.picklist(["checked", "unchecked"]),
  reason: text,
  at: v.number(),
  took: v.number(),
  pages: natural,
  changedPages: natural,
  kernel: list(
    v.looseObject({
      part: text,
      state: v.picklist(["intact", "changed", "unchecked"]),
      detail: text,
      changes: list(v.looseObject({ place: text, expected: text, found: text }), 32),
      changesOmitted: natural,
    }),
    100,
  ),
  executables: list(v.looseObject({ address: text, kind: text, sha256 }), 100),
  executablesOmitted: natural,
});

const Rule = v.looseObject({
  list: v.picklist(["allow", "private"]),
  rule: text,
  to: text,
  protocol: v.optional(v.picklist(["http", "tls"])),
  tls: v.optional(v.literal("required")),
  inspect: v.boolean(),
  inject: list(
    v.looseObject({
      header: text,
      from: v.union([v.literal("literal"), v.looseObject({ env: text }), v.looseObject({ file: text })]),
    }),
    100,
  ),
});

export const ReportSchema = v.looseObject({
  format: v.literal(1),
  origin: v.looseObject({ version: text, engine: text }),
  command: list(text, 100_000),
  result: Result,
  witness: v.looseObject({
    state: v.picklist(["complete", "incomplete", "absent"]),
    missing: texts,
    lost: natural,
    omitted: natural,
    events: list(WitnessEvent, 20_000),
  }),
  resources: v.looseObject({
    samples: list(
      v.looseObject({ at: v.number(), cpuMs: count, privateBytes: count, readBytes: v.optional(count) }),
      600,
    ),
    cpuMs: count,
    peakPrivateBytes: count,
    disk: v.optional(v.looseObject({ readBytes: count, reads: count, writtenBytes: count, writes: count })),
    console: list(v.union([v.looseObject({ at: v.number(), text }), text]), 200),
  }),
  memory: Memory,
  findings: list(Finding, 10_000),
  granted: list(v.looseObject({ what: text, granted: text, used: text }), 100_000),
  rules: list(Rule, 10_000),
});

export const SignedReportSchema = v.looseObject({
  report: ReportSchema,
  receipt: v.looseObject({ algorithm: v.literal("ed25519"), sha256, key: text, signature: text }),
});
