import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { unreadable } from "./unreadable.ts";

/** One process of the host as `/proc` shows it. A parameter of every check, so that tests can give another one. */
export class ProcessFiles {
  readonly #directory: string;

  constructor(pid: number | "self", proc = "/proc") {
    this.#directory = `${proc}/${pid}`;
  }

  /** A field of `status`, such as `CapEff`. @throws where there is none */
  status(field: string): string {
    const value = new RegExp(`^${field}:\\s*(.*)$`, "m").exec(this.read("status"))?.[1];
    if (value === undefined) throw unreadable(`${this.#directory}/status has no ${field}`);
    return value.trim();
  }

  /** Identity of a namespace, such as `net:[4026531840]`. */
  namespace(kind: string): string {
    return readlinkSync(`${this.#directory}/ns/${kind}`);
  }

  read(file: string): string {
    return readFileSync(`${this.#directory}/${file}`, "latin1");
  }

  /** Names in a directory of the process's own root. */
  rootEntries(path = ""): string[] {
    return readdirSync(`${this.#directory}/root/${path}`);
  }
}
