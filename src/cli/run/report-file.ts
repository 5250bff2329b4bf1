import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { MayflyError, attempt, errnoOf, neutralise } from "../../foundation/index.ts";

/** Where a report goes, and how it gets there. */
interface Target {
  write(text: string): void;
  close(): void;
}

interface ReportFileOptions {
  /** Replace a file that exists. */
  readonly force?: boolean;
  /** The option that named the file, for messages. */
  readonly option?: string;
}

/**
 * A report that appears whole or not at all. Opened before the task runs, so that a bad path is told before. Only files
 * are replaced; a device, a pipe and our own standard output are written to as they are.
 */
export class ReportFile {
  readonly #path: string;
  readonly #option: string;
  readonly #target: Target;

  /** @throws E_OUTPUT_EXISTS, E_OUTPUT_WRITE */
  constructor(path: string, { force = false, option = "--report" }: ReportFileOptions = {}) {
    this.#path = path;
    this.#option = option;
    this.#target = this.#writing(() => openTarget(path, { force, option }));
  }

  /** @throws E_OUTPUT_EXISTS where a file came there meanwhile, E_OUTPUT_WRITE */
  write(text: string): void {
    this.#writing(() => {
      this.#target.write(text);
    });
  }

  /** After `write` nothing is left to remove. */
  close(): void {
    this.#target.close();
  }

  #writing<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof MayflyError) throw cause;
      const why = errnoOf(cause) === "ENXIO" ? "nobody reads it" : (errnoOf(cause) ?? "unknown");
      throw unwritable(this.#path, why, this.#option, cause);
    }
  }
}

function openTarget(path: string, { force, option }: Required<ReportFileOptions>): Target {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    if (isThere(path)) throw unwritable(path, "it is a symbolic link to nothing", option);
    return newFile(path, { force, option });
  }
  if (found.isDirectory()) throw unwritable(path, "it is a directory", option);
  const own = [process.stdout, process.stderr].find(({ fd }) => isSame(found, fd));
  if (own !== undefined) return ownStream(own);
  if (!found.isFile()) return inPlace(path, found.isFIFO());
  if (!force) throw taken(path, option);
  return newFile(realpathSync(path), { force, option });
}

/** Written beside its place and then moved there. */
function newFile(path: string, { force, option }: Required<ReportFileOptions>): Target {
  const temporary = `${path}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, "wx", 0o600); // like those that are kept: it tells of private things
  return {
    write(text) {
      writeFileSync(descriptor, text);
      if (!force && isThere(path)) throw taken(path, option);
      renameSync(temporary, path);
    },
    close() {
      closeQuietly(descriptor);
      attempt(() => {
        rmSync(temporary, { force: true });
      }, "told by the write that failed");
    },
  };
}

/** `--report /dev/stdout`: opened anew, a file behind it would be overwritten from its beginning. */
function ownStream(stream: NodeJS.WriteStream): Target {
  return {
    write(text) {
      stream.write(text);
    },
    close: () => undefined,
  };
}

function inPlace(path: string, isPipe: boolean): Target {
  const flags = constants.O_WRONLY | constants.O_NOCTTY;
  // Opening a pipe that nobody reads would wait for ever; not waiting is only for opening it, not for writing.
  const probe = openSync(path, flags | constants.O_NONBLOCK);
  const descriptor = isPipe ? openSync(path, flags) : probe;
  if (descriptor !== probe) closeSync(probe);
  return {
    write(text) {
      writeFileSync(descriptor, text);
    },
    close() {
      closeQuietly(descriptor);
    },
  };
}

function isSame({ dev, ino }: Stats, descriptor: number): boolean {
  const own = attempt(() => fstatSync(descriptor), "it was closed before we began");
  return own?.dev === dev && own.ino === ino;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function closeQuietly(descriptor: number): void {
  attempt(() => {
    closeSync(descriptor);
  }, "nothing is lost by it");
}

function taken(path: string, option: string): MayflyError {
  return new MayflyError("E_OUTPUT_EXISTS", `The report ${neutralise(path)} exists`, {
    next: `Name another file with ${option}, or replace it with --force.`,
  });
}

function unwritable(path: string, why: string, ...[option, cause]: [string, unknown?]): MayflyError {
  return new MayflyError("E_OUTPUT_WRITE", `The report ${neutralise(path)} cannot be written: ${why}`, {
    cause,
    next: `Name a file in a directory that exists and that you may write to with ${option}.`,
  });
}
