import { RecentMap } from "../recent-map.ts";

/** A program that runs in a process, and the names of those above it. */
interface Ancestry {
  readonly program: string;
  readonly name: readonly string[];
  /** The first of `ancestor`. */
  readonly parent: string;
  /** Nearest first: what ran in the process before, then what its parent ran, and so on. */
  readonly ancestor: readonly string[];
}

const UNKNOWN: Ancestry = { program: "", name: [], parent: "", ancestor: [] };
/** Longer chains lose their beginning; nobody looks further up. */
const MOST_ANCESTORS = 32;
/** Processes that are remembered: a guest may make more, and what it says of their ends may never come. */
const MOST = 32_768;

/** Who descends from whom, as far as the witness told. */
export class Lineage {
  readonly #processes = new RecentMap<number, Ancestry>(MOST);

  /** Processes that were told of and have not ended. */
  get alive(): number {
    return this.#processes.size;
  }

  forked(parent: number, child: number): void {
    this.#processes.set(child, this.of(parent));
  }

  executed(pid: number, program: string, word = program): void {
    const { name, ancestor: above } = this.of(pid);
    const ancestor = [...name.slice(0, 1), ...above].slice(0, MOST_ANCESTORS);
    const names = [...new Set([lastPart(program), lastPart(word)])];
    this.#processes.set(pid, { program, name: names, parent: ancestor[0] ?? "", ancestor });
  }

  exited(pid: number): void {
    this.#processes.delete(pid);
  }

  of(pid: number): Ancestry {
    return this.#processes.get(pid) ?? UNKNOWN;
  }
}

/** `ls` of `/bin/ls`; a login shell's first word begins with a dash. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/^-/, "");
}
