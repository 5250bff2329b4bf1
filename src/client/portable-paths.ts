import { realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { attempt } from "../foundation/index.ts";

/** Files of these are other files in another process. */
const OWN = /^\/(dev|proc)(\/|$)/;

/** Makes paths that mean the same in another process of this user, and notes where one cannot. */
export class PortablePaths {
  #arePortable = true;

  get arePortable(): boolean {
    return this.#arePortable;
  }

  /** Of a file that is read. One that is none is told best by whoever knows how it was named. */
  input(path: string): string {
    const isFile = attempt(() => statSync(path).isFile(), "it is missing, or may not be looked at") ?? false;
    return this.#inFull(path, isFile);
  }

  /** Of something that is made. */
  output(path: string | undefined): string | undefined {
    return path === undefined ? undefined : this.#inFull(path, path !== "");
  }

  #inFull(path: string, isFit: boolean): string {
    const full = resolve(path);
    if (!isFit || OWN.test(full) || OWN.test(real(full))) this.#arePortable = false;
    return full;
  }
}

/** Of what is not there, where it would be. */
function real(path: string): string {
  const found = attempt(() => realpathSync(path), "not there yet");
  return found ?? (path === "/" ? path : real(dirname(path)));
}
