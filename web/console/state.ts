import { computed, signal } from "@preact/signals";
import type { TaskView, VmView } from "../../src/contract/api/index.ts";
import { Failed, follow } from "./api.ts";

export const vms = signal<readonly VmView[]>([]);
const known = signal<ReadonlyMap<string, TaskView>>(new Map());
/** Newest first. */
export const tasks = computed(() => [...known.value.values()].sort((a, b) => b.since.localeCompare(a.since)));
export const isLost = signal(false);
export const now = signal(Date.now());
/** What a person should read; gone when it is put away. */
export const notice = signal<{ readonly text: string; readonly next: string | null } | undefined>(undefined);
export const route = signal(location.hash);

/** Processor time at the last look, and the share of a core since the one before. */
const loads = new Map<string, { readonly at: number; readonly cpuMs: number; readonly share: number }>();

export function begin(): void {
  setInterval(() => (now.value = Date.now()), 1000);
  addEventListener("hashchange", () => (route.value = location.hash));
  follow(undefined, {
    hear(happening) {
      if (happening.type === "vms") take(happening.vms);
      if (happening.type === "task") noteTask(happening.task);
    },
    lost: (lost) => (isLost.value = lost),
  });
}

function noteTask(task: TaskView): void {
  known.value = new Map([...known.value, [task.id, task]]);
}

/** A task as the answer to its start has it, which is older than what events have told of it since. */
export function noteStarted(task: TaskView): void {
  if (!known.value.has(task.id)) noteTask(task);
}

/** Does something that a person asked for, and tells where it fails. */
export function act(work: () => Promise<unknown>): void {
  work().catch((cause: unknown) => {
    notice.value = {
      text: cause instanceof Error ? cause.message : String(cause),
      next: cause instanceof Failed ? cause.next : null,
    };
  });
}

export function loadOf(id: string): number | undefined {
  return loads.get(id)?.share;
}

function take(next: readonly VmView[]): void {
  const at = Date.now();
  for (const { id, cpuMs } of next) {
    if (cpuMs === null) continue;
    const before = loads.get(id);
    const share =
      before === undefined ? 0 : Math.max(0, (cpuMs - before.cpuMs) / Math.max(1, at - before.at));
    loads.set(id, { at, cpuMs, share });
  }
  vms.value = next;
}
