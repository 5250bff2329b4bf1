import type {
  KernelCheck,
  MemoryRecord,
  Outcome,
  ResourceRecord,
  WitnessRecord,
} from "../../contract/index.ts";
import { formatSize, formatTime } from "../../foundation/index.ts";
import type { Fact } from "./fact.ts";

type Seen = Omit<Fact, "at" | "pid">;

/** What is known only at the end, or from outside at one moment. */
export function memoryFacts(memory: MemoryRecord): Fact[] {
  const { at, state, pages, changedPages, executables, executablesOmitted } = memory;
  const unexplained = executables.length + executablesOmitted;
  const changed = pages === 0 ? 0 : changedPages / pages;
  const kinds = [...new Set(executables.map(({ kind }) => kind))].slice(0, 3).join(", ");
  const whole: Seen = {
    kind: "memory",
    voice: "outside",
    fields: { state, changed, unexplained },
    tell: () =>
      state === "unchecked"
        ? `memory was not checked: ${memory.reason}`
        : `${changedPages} of ${pages} pages changed; ${unexplained} programs that no file explains${kinds && `: ${kinds}`}`,
  };
  return [whole, ...memory.kernel.map(kernelFact)].map((seen) => ({ ...seen, at, pid: undefined }));
}

function kernelFact({ part, state, detail, changes }: KernelCheck): Seen {
  const [first] = changes;
  const change = first && `; at ${first.place} ${first.found} instead of ${first.expected}`;
  const tell = (): string => `${part}: ${state}; ${detail}${change ?? ""}`;
  return { kind: "kernel", voice: "outside", fields: { part, state }, tell };
}

/** How long a task ran, as far as any evidence tells. */
export function resourceFact(resources: ResourceRecord): Fact {
  const lasted = resources.samples.at(-1)?.at ?? 0;
  const { cpuMs: cpu, peakPrivateBytes: memory } = resources;
  const fields = { cpu, lasted, busy: lasted === 0 ? 0 : cpu / lasted, memory };
  const tell = (): string =>
    `${formatTime(cpu)} of processor time in ${formatTime(lasted)}; at most ${formatSize(memory)} of memory`;
  return { kind: "resources", voice: "outside", at: lasted, pid: undefined, fields, tell };
}

export function witnessFact({ state, lost, omitted, missing }: WitnessRecord, at: number): Fact {
  const fields = { state, lost: lost + omitted, missing };
  const tell = (): string => `the witness is ${state}${missing.map((each) => `; ${each}`).join("")}`;
  // The host counts what is missing.
  return { kind: "witness", voice: "outside", at, pid: undefined, fields, tell };
}

export function outcomeFact(outcome: Outcome, at: number): Fact {
  const fields = {
    kind: outcome.kind,
    code: outcome.kind === "exited" ? outcome.code : undefined,
    signal: outcome.kind === "signalled" ? outcome.signal : undefined,
    limit: outcome.kind === "limit" ? outcome.limit : undefined,
    error: outcome.kind === "failed" ? outcome.code : undefined,
  };
  const more = fields.limit ?? fields.error ?? fields.signal ?? fields.code ?? "";
  const tell = (): string => `the task ended: ${outcome.kind} ${more}`.trimEnd();
  return { kind: "outcome", voice: "outside", at, pid: undefined, fields, tell };
}
