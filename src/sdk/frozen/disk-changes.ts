import { buffer } from "node:stream/consumers";
import type { AgentConnection, GuestEntry } from "../../channel/index.ts";
import { MIB, isMayflyError, neutralise, openUntrusted } from "../../foundation/index.ts";

/** The agent's first two descriptors are the layers of its root (guest/agent/boot.c): the image, and what is written over it. */
const LAYERS = { image: "/proc/self/fd/3/.", written: "/proc/self/fd/4/." } as const;
/** What else lies in memory, and starts empty but for what the warm-up left. */
const IN_MEMORY = ["/tmp", "/dev/shm", "/run", "/out"] as const;
/** Every micro-VM has its own. */
const IDENTITY = new Set(["/etc/machine-id", "/etc/hostname", "/etc/hosts", "/run/mayfly/boot_id"]);
/** Files of one size are read where they are no larger, and no more than so many. */
const LARGEST_READ = MIB;
const MOST_READ = 1_000;
const MOST_CHANGES = 10_000;
const LIMITS = { maxEntries: 200_000, maxDepth: 65_535 };

export interface DiskChange {
  /** In the guest, neutralised. */
  readonly path: string;
  readonly change: "added" | "changed" | "deleted";
  readonly kind: GuestEntry["kind"];
  /** As the guest says; 0 for what is deleted. */
  readonly bytes: number;
}

export interface DiskChanges {
  /** What a fresh micro-VM is that this one was compared with; `image`: its template is not there any more. */
  readonly against: "template" | "image";
  /** By their paths, at most 10,000. */
  readonly changes: readonly DiskChange[];
  readonly omitted: number;
  /** Places that could not be looked through, each with why. */
  readonly refused: readonly string[];
}

/** Everything that is not the image's, by its absolute path (untrusted). */
type Tree = Map<string, GuestEntry>;

/**
 * What a guest changed on its disk, as it says itself: the host reads no file system of its. What is written over a
 * directory that was deleted and made anew is told, what that one held before is not.
 * @param fresh a fork of the same template; undefined where there can be none
 * @throws E_GUEST_*
 */
export async function diskChanges(
  agent: AgentConnection,
  fresh: AgentConnection | undefined,
  signal: AbortSignal | undefined,
): Promise<DiskChanges> {
  const guest = new Disk(agent);
  const template = new Disk(fresh ?? agent);
  const before: Tree = fresh === undefined ? new Map<string, GuestEntry>() : await template.written();
  signal?.throwIfAborted();
  const changes = await differences({ guest, template, before, signal });
  changes.sort((one, other) => (one.path < other.path ? -1 : 1));
  return {
    against: fresh === undefined ? "image" : "template",
    changes: changes.slice(0, MOST_CHANGES),
    omitted: Math.max(0, changes.length - MOST_CHANGES),
    refused: [...new Set([...guest.refused, ...template.refused])],
  };
}

interface Comparison {
  readonly guest: Disk;
  readonly template: Disk;
  /** What the template itself had written. */
  readonly before: Tree;
  readonly signal: AbortSignal | undefined;
}

async function differences({ guest, template, before, signal }: Comparison): Promise<DiskChange[]> {
  const now = await guest.written();
  const image = await template.image();
  const changes: DiskChange[] = [];
  let reads = 0;
  for (const [path, entry] of now) {
    signal?.throwIfAborted();
    const was = before.get(path);
    const seen = changeOf(entry, was, image.has(path));
    const isRead = seen === undefined && was !== undefined && mayDiffer(path, entry) && reads++ < MOST_READ;
    const change = isRead && !(await isSame(path, guest, template)) ? "changed" : seen;
    if (change !== undefined) changes.push(told(path, entry, change));
  }
  for (const [path, entry] of before) if (!now.has(path)) changes.push(told(path, entry, "deleted"));
  return changes;
}

/** @param inImage whether the image has something of that name */
function changeOf(
  entry: GuestEntry,
  was: GuestEntry | undefined,
  inImage: boolean,
): DiskChange["change"] | undefined {
  if (was !== undefined) {
    const same = entry.kind === was.kind && entry.mode === was.mode;
    return same && (entry.kind !== "file" || entry.size === was.size) ? undefined : "changed";
  }
  if (!inImage) return "added";
  if (entry.kind === "other") return "deleted"; // the overlay's mark that there is nothing any more
  return entry.kind === "directory" ? undefined : "changed";
}

function told(path: string, { kind, size }: GuestEntry, change: DiskChange["change"]): DiskChange {
  const isFile = kind === "file" && change !== "deleted";
  return { path: neutralise(path, 4_096), change, kind, bytes: isFile ? size : 0 };
}

function mayDiffer(path: string, { kind, size }: GuestEntry): boolean {
  return kind === "file" && size <= LARGEST_READ && !IDENTITY.has(path);
}

async function isSame(path: string, one: Disk, other: Disk): Promise<boolean> {
  try {
    const [now, before] = await Promise.all([buffer(one.agent.get(path)), buffer(other.agent.get(path))]);
    return now.equals(before);
  } catch (cause) {
    if (isMayflyError(cause, "E_FILE_IN_GUEST")) return true; // it is just going; nothing can be said
    throw cause;
  }
}

/** What an agent lists of its machine's. */
class Disk {
  readonly agent: AgentConnection;
  readonly refused: string[] = [];

  constructor(agent: AgentConnection) {
    this.agent = agent;
  }

  async image(): Promise<Tree> {
    return await this.#tree(LAYERS.image, "");
  }

  /** Everything that is not the image's. */
  async written(): Promise<Tree> {
    const all = await this.#tree(LAYERS.written, "");
    for (const place of IN_MEMORY)
      for (const [path, entry] of await this.#tree(place, place)) all.set(path, entry);
    return all;
  }

  async #tree(place: string, name: string): Promise<Tree> {
    try {
      const entries = await this.agent.list(place, LIMITS);
      return new Map(entries.map((entry) => [`${name}/${openUntrusted(entry.path)}`, entry]));
    } catch (cause) {
      if (isMayflyError(cause, "E_FILE_IN_GUEST")) return new Map<string, GuestEntry>(); // the profile has none
      if (!isMayflyError(cause, "E_LIMIT")) throw cause;
      this.refused.push(`${name === "" ? "/" : name}: there is more in it than is looked through`);
      return new Map<string, GuestEntry>();
    }
  }
}
