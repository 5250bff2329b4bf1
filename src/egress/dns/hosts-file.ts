import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";

/** The names of `/etc/hosts`, which is read when it is asked for, and again where it has changed. */
export class HostsFile {
  readonly #path: string;
  #version = "";
  #names: Promise<ReadonlyMap<string, readonly string[]>> | undefined;

  constructor(path = "/etc/hosts") {
    this.#path = path;
  }

  /** @returns all addresses of exactly this name (lower case), in the file's order; none where it cannot be read */
  async addressesOf(name: string): Promise<readonly string[]> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (this.#version !== version) this.#names = readFile(this.#path, "utf8").then(namesOf);
      this.#version = version;
      return (await this.#names)?.get(name) ?? [];
    } catch {
      return [];
    }
  }
}

function namesOf(text: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...called] = line.replace(/#.*/, "").trim().toLowerCase().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of called) {
      const known = names.get(name);
      if (known === undefined) names.set(name, [address]);
      else known.push(address);
    }
  }
  return names;
}
