import type { InputFact, StreamRecord, WitnessEvent } from "../../../contract/index.ts";
import { processTree, processesOfTree, type ProcessNode } from "../../process-tree.ts";
import { timeOf } from "../json-lines.ts";
import { observableId, processId } from "./ids.ts";
import { kindOfHost } from "./names.ts";

/** Processes and files of the witness that a bundle has: it is exchanged, and the JSON has all. */
const MOST_PROCESSES = 1_000;
const MOST_FILES = 1_000;

export interface StixObject {
  readonly type: string;
  readonly id: string;
  readonly [property: string]: unknown;
}

/** Observables by their ids: the same thing seen twice is one. */
export class Observables {
  readonly #report: string;
  readonly #began: number;
  readonly #objects = new Map<string, StixObject>();
  readonly #nameless = new Set<string>();

  constructor(report: string, began: number) {
    this.#report = report;
    this.#began = began;
  }

  get objects(): readonly StixObject[] {
    return [...this.#objects.values()];
  }

  /** Hosts that have no name or address that the standard takes for one. */
  get leftOut(): number {
    return this.#nameless.size;
  }

  /** @returns its id */
  file(path: string, sha256?: string, bytes?: number): string {
    const at = path.lastIndexOf("/");
    const name = path.slice(at + 1) || path;
    const folder = at > 0 ? this.#directory(path.slice(0, at)) : undefined;
    const hashes = sha256 === undefined ? {} : { hashes: { "SHA-256": sha256 } };
    const contributing = { ...hashes, name, ...(folder !== undefined && { parent_directory_ref: folder }) };
    return this.#add("file", contributing, bytes === undefined ? {} : { size: bytes });
  }

  input({ name, bytes, sha256 }: InputFact): string {
    return this.file(`/in/${name}`, sha256, bytes);
  }

  /** @returns ids of the traffic and of what it was to; none where that can be no observable */
  traffic({ target, connected, at, lasted, bytesIn, bytesOut, tls }: StreamRecord): string[] {
    const address = connected === undefined ? [] : this.#host(connected);
    const [to] = [...this.#host(target.host, address), ...address];
    if (to === undefined) return [];
    const contributing = {
      start: timeOf(this.#began, at),
      end: timeOf(this.#began, at + Math.max(0, lasted)),
      dst_ref: to,
      dst_port: target.port,
      protocols: tls === undefined ? ["tcp"] : ["tcp", "tls"],
    };
    const id = this.#add("network-traffic", contributing, {
      src_byte_count: bytesOut,
      dst_byte_count: bytesIn,
    });
    return [id, to, ...address];
  }

  /** @returns its id; none for what is no name */
  domain(name: string): string[] {
    return this.#host(name);
  }

  /** @returns ids of the processes and of what they ran */
  processes(events: readonly WitnessEvent[]): string[] {
    const nodes = processesOfTree(processTree(events), MOST_PROCESSES);
    const ids = new Map(
      nodes.map((node, index) => [node, processId(this.#report, String(index), String(node.pid))]),
    );
    const parents = new Map(nodes.flatMap((node) => node.children.map((child) => [child, node] as const)));
    return nodes.flatMap((node) => this.#process(node, { ids, parent: parents.get(node) }));
  }

  /** Files that were made, written, deleted or renamed. */
  files(events: readonly WitnessEvent[]): string[] {
    const ids = events.flatMap((event) => {
      if (!("path" in event)) return [];
      return this.file("to" in event ? event.to : event.path);
    });
    return [...new Set(ids)].slice(0, MOST_FILES);
  }

  #process(
    node: ProcessNode,
    { ids, parent }: { ids: ReadonlyMap<ProcessNode, string>; parent: ProcessNode | undefined },
  ): string[] {
    const id = ids.get(node) ?? "";
    const run = node.runs.at(-1);
    const image = run && this.file(run.program, run.sha256);
    const above = parent && ids.get(parent);
    const below = node.children.flatMap((child) => ids.get(child) ?? []);
    this.#objects.set(id, {
      type: "process",
      spec_version: "2.1",
      id,
      pid: node.pid,
      created_time: timeOf(this.#began, node.from),
      ...(run !== undefined && { command_line: run.argv.join(" ") }),
      ...(image !== undefined && { image_ref: image }),
      ...(above !== undefined && { parent_ref: above }),
      ...(below.length > 0 && { child_refs: below }),
    });
    return image === undefined ? [id] : [id, image];
  }

  #directory(path: string): string {
    return this.#add("directory", { path });
  }

  #host(value: string, addresses: readonly string[] = []): string[] {
    const type = kindOfHost(value);
    if (type === undefined) this.#nameless.add(value);
    if (type === undefined) return [];
    const resolved = type === "domain-name" && addresses.length > 0 ? { resolves_to_refs: addresses } : {};
    return [this.#add(type, { value }, resolved)];
  }

  #add(type: string, contributing: object, more: object = {}): string {
    const id = observableId(type, contributing);
    const before = this.#objects.get(id) ?? {};
    this.#objects.set(id, { ...before, type, spec_version: "2.1", id, ...contributing, ...more });
    return id;
  }
}
