import type { ExecEvent, WitnessEvent } from "../contract/index.ts";

/** One life of a process id: ids are used again, so the same number may be several processes. */
export interface ProcessNode {
  readonly pid: number;
  /** Milliseconds since the task began when it was first heard of. */
  readonly from: number;
  /** When it ended; undefined where nobody said. */
  readonly to: number | undefined;
  /** How it ended; undefined where nobody said. */
  readonly end: { readonly code: number | undefined; readonly signal: number | undefined } | undefined;
  /** Programs that it ran, one after the other. */
  readonly runs: readonly ExecEvent[];
  readonly children: readonly ProcessNode[];
}

/** A node that is being made. */
interface Life {
  readonly pid: number;
  readonly from: number;
  to: number | undefined;
  end: ProcessNode["end"];
  readonly runs: ExecEvent[];
  readonly children: Life[];
  /** Whether something forked it, so that it is not a root. */
  hasParent: boolean;
}

/**
 * The processes that the witness told of, each below the one that made it; those whose parent nobody told of are roots.
 * Whatever the events say, the result is a forest: a fork makes a new life, which cannot be above its parent. Pure.
 */
export function processTree(events: readonly WitnessEvent[]): readonly ProcessNode[] {
  const living = new Map<number, Life>();
  const all: Life[] = [];
  const begin = (pid: number, from: number): Life => {
    const life: Life = { pid, from, to: undefined, end: undefined, runs: [], children: [], hasParent: false };
    living.set(pid, life);
    all.push(life);
    return life;
  };
  const lifeOf = (pid: number, at: number): Life => living.get(pid) ?? begin(pid, at);
  for (const event of events) {
    if (event.pid === 0) continue; // the witness could not tell whose doing it was
    const life = lifeOf(event.pid, event.at);
    if (event.kind === "exec") life.runs.push(event);
    else if (event.kind === "fork") {
      if (event.child === event.pid || event.child === 0) continue; // a lie
      const child = begin(event.child, event.at);
      child.hasParent = true;
      life.children.push(child);
    } else if (event.kind === "exit") {
      life.to = event.at;
      life.end = { code: event.code, signal: event.signal };
      living.delete(event.pid);
    }
  }
  return all.filter(({ hasParent }) => !hasParent);
}

/** What a process ran, in its own words. Guest's strings, neutralised by the witness. */
export function saidOf({ pid, runs }: Pick<ProcessNode, "pid" | "runs">): string {
  const run = runs.at(-1);
  if (run !== undefined) return run.argv.join(" ") || run.program;
  return pid === 1 ? "(the guest's agent)" : "(a copy of what made it)";
}

export interface TreeRow {
  readonly node: ProcessNode;
  /** 0 for a root. */
  readonly depth: number;
  /** Index of the parent's row; undefined for a root. */
  readonly parent: number | undefined;
}

/** The first `most` nodes from top to bottom, parents before children. Not recursive: a guest may fork as deep as it likes. */
export function treeRows(roots: readonly ProcessNode[], most: number): TreeRow[] {
  const rows: TreeRow[] = [];
  const waiting: TreeRow[] = [...roots].reverse().map((node) => ({ node, depth: 0, parent: undefined }));
  for (let row = waiting.pop(); row !== undefined && rows.length < most; row = waiting.pop()) {
    const { node, depth } = row;
    const parent = rows.push(row) - 1;
    for (const child of [...node.children].reverse()) waiting.push({ node: child, depth: depth + 1, parent });
  }
  return rows;
}

/** All nodes of a forest, at most `most`. */
export function processesOfTree(roots: readonly ProcessNode[], most = Infinity): readonly ProcessNode[] {
  return treeRows(roots, most).map(({ node }) => node);
}

/** The most processes that were alive at once, as far as the witness told. */
export function mostAlive(events: readonly WitnessEvent[]): number {
  const alive = new Set<number>();
  let most = 0;
  for (const event of events) {
    if (event.kind === "exit") alive.delete(event.pid);
    else if (event.kind === "fork") alive.add(event.child);
    else if (event.pid !== 0) alive.add(event.pid);
    most = Math.max(most, alive.size);
  }
  return most;
}
