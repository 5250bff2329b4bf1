import type { Outcome } from "../../contract/index.ts";
import { MayflyError, neutralise, parseTime } from "../../foundation/index.ts";
import type { CliTask, TaskOptions } from "./task-options.ts";

/** What stands against running something unseen, without a network and for a time of its own. */
const AGAINST = ["allow", "policy", "tty", "time", "stdin"] as const;

/** @throws E_USAGE */
export function readDetonation(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) * 1000 : parseTime(text);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new MayflyError("E_USAGE", `--detonate is "${neutralise(text, 40)}", which is no time`, {
    next: "Write it like --detonate 60, or 2m.",
  });
}

/** @throws E_USAGE naming the option that stands against it */
export function requireDetonatable(options: TaskOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options };
  const against = AGAINST.find((name) => given[name] !== undefined && given[name] !== false);
  if (against === undefined && options.report !== false) return;
  throw new MayflyError("E_USAGE", `--detonate does not go with --${against ?? "no-report"}`, {
    next: "It runs the command unseen, refuses and records what it asks of the network, and shows the report.",
  });
}

/** Runs for so long at most, and without any network, whatever its profile allows. */
export function detonating<T extends Pick<CliTask, "limits" | "policy">>(task: T, timeMs: number): T {
  return { ...task, limits: { ...task.limits, timeMs }, policy: { ...task.policy, closed: true } };
}

/** What was wanted came about, however the command ended, if it could be started at all. */
export function detonated({ kind }: Outcome): boolean {
  return kind !== "failed" && kind !== "cancelled";
}
