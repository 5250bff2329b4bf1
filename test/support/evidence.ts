import { NO_NETWORK, NO_RESOURCES, NO_WITNESS, uncheckedMemory } from "../../src/contract/index.ts";
import type { ExecEvent, StreamRecord, WitnessEvent } from "../../src/contract/index.ts";
import type { TaskEvidence } from "../../src/findings/index.ts";

/** Evidence of a task that did nothing, but for what is given. */
export function evidence(given: Partial<TaskEvidence> = {}): TaskEvidence {
  return {
    outcome: { kind: "exited", code: 0 },
    witness: NO_WITNESS,
    network: NO_NETWORK,
    memory: uncheckedMemory("not asked for"),
    resources: NO_RESOURCES,
    ...given,
  };
}

export function witnessed(...events: readonly WitnessEvent[]): TaskEvidence {
  return evidence({ witness: { ...NO_WITNESS, state: "complete", events } });
}

export function exec(command: string, more: Partial<ExecEvent> = {}): ExecEvent {
  const argv = command.split(" ");
  return {
    kind: "exec",
    at: 0,
    pid: 1,
    program: `/usr/bin/${argv[0] ?? ""}`,
    argv,
    argvBytes: command.length,
    user: 1000,
    origin: "image",
    sha256: undefined,
    ...more,
  };
}

export function stream(host: string, port: number, more: Partial<StreamRecord> = {}): StreamRecord {
  return {
    at: 0,
    target: { host, port },
    program: undefined,
    decision: { allowed: false, rule: undefined, reason: "nothing is allowed" },
    addresses: [],
    connected: undefined,
    tls: undefined,
    inspected: false,
    http: [],
    bytesOut: 0,
    bytesIn: 0,
    end: "refused",
    lasted: 0,
    ...more,
  };
}
