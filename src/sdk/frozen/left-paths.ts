import type { AgentConnection } from "../../channel/index.ts";
import type { WitnessEvent } from "../../contract/index.ts";
import { isMayflyError, openUntrusted } from "../../foundation/index.ts";

/** Where a task without rights can leave anything. */
const PLACES = ["/home/user", "/tmp", "/var/tmp", "/dev/shm", "/out"] as const;
/** What the kernel makes up: files there may have no end, or nobody who writes it. */
const MADE_UP = /^\/(proc|sys|dev(?!\/shm\/))(\/|$)/;
const MOST_FILES = 10_000;
/** More than the agent tells of at once anyway. */
const MOST_ENTRIES = 200_000;
const DEEPEST = 65_535;

export interface LeftPaths {
  /** Untrusted, absolute. */
  readonly paths: readonly string[];
  /** Untrusted, with why it was not looked at. */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
}

/** Files where a task may write, and those that the witness saw written elsewhere. A guest that made too many loses only those. */
export async function leftPaths(
  agent: AgentConnection,
  events: readonly WitnessEvent[],
  most = MOST_FILES,
): Promise<LeftPaths> {
  const refused: { path: string; why: string }[] = [];
  const found = new Set<string>();
  for (const path of witnessed(events)) found.add(path);
  for (const place of PLACES) {
    const files = await filesIn(agent, place);
    if (files === undefined) refused.push({ path: place, why: "there is more in it than is looked through" });
    for (const path of files ?? []) found.add(path);
  }
  const paths = [...found].sort();
  for (const path of paths.slice(most)) refused.push({ path, why: "there are too many before it" });
  return { paths: paths.slice(0, most), refused };
}

function witnessed(events: readonly WitnessEvent[]): string[] {
  const paths = events.flatMap((event) => {
    if (event.kind === "create" || event.kind === "write") return [event.path];
    return event.kind === "rename" || event.kind === "link" ? [event.to] : [];
  });
  return paths.filter((path) => !MADE_UP.test(path));
}

/** Undefined where there are too many. */
async function filesIn(agent: AgentConnection, place: string): Promise<string[] | undefined> {
  try {
    const entries = await agent.list(place, { maxEntries: MOST_ENTRIES, maxDepth: DEEPEST });
    return entries.flatMap(({ path, kind }) => (kind === "file" ? [`${place}/${openUntrusted(path)}`] : []));
  } catch (cause) {
    if (isMayflyError(cause, "E_FILE_IN_GUEST")) return []; // the profile has no such directory
    if (isMayflyError(cause, "E_LIMIT")) return undefined;
    throw cause;
  }
}
