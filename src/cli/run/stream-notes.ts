import { mayLackRefused, type NetworkRecord, type StreamRecord } from "../../contract/index.ts";
import { formatSize } from "../../foundation/index.ts";
import { named } from "./named.ts";

/** What a person should know of the connections that the task asked for: those that came to nothing, each once. */
export function streamNotes(record: NetworkRecord): string[] {
  const { streams, omitted, mostOpen = 0 } = record;
  const failed = streams.filter(({ end }) => end === "refused" || end === "unreachable" || end === "budget");
  const notes = [...countSame(failed.map(describe))].map(([note, count]) =>
    count > 1 ? `${note}, ${count} times` : note,
  );
  const next = failed.find(
    ({ decision: { rule, allowed }, end }) => end === "refused" && !allowed && rule === undefined,
  );
  return [
    ...named(notes, "connections that came to nothing"),
    ...(next === undefined
      ? []
      : [`  Allow it with --allow ${shownTarget(next)}, if the task may reach it.`]),
    ...(omitted > 0 ? [`${omitted} more connections were asked for than are recorded`] : []),
    ...(mayLackRefused(record)
      ? [
          `${mostOpen} connections were open at a time, the most there may be: the guest refuses more unrecorded`,
        ]
      : []),
  ];
}

/** What left and came, on one line; undefined where nothing was connected. */
export function streamSummary({ streams, bytesIn, bytesOut }: NetworkRecord): string | undefined {
  const made = streams.filter(({ connected }) => connected !== undefined);
  if (made.length === 0) return undefined;
  const hosts = new Set(made.map(({ target }) => target.host));
  const to = hosts.size === 1 ? [...hosts].join("") : `${hosts.size} hosts`;
  const count = made.length === 1 ? "1 connection" : `${made.length} connections`;
  return `${count} to ${to}: ${formatSize(bytesOut)} out, ${formatSize(bytesIn)} in`;
}

function describe(stream: StreamRecord): string {
  const { end, decision } = stream;
  const what = end === "unreachable" ? "not connected" : "refused";
  return `${what}: ${shownTarget(stream)} (${decision.reason})`;
}

function shownTarget({ target: { host, port } }: StreamRecord): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function countSame(notes: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const note of notes) counts.set(note, (counts.get(note) ?? 0) + 1);
  return counts;
}
