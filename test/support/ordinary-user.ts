import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { once } from "node:events";
import { attempt } from "../../src/foundation/index.ts";
import { isRoot, publicDirectory, remove } from "./private-store.ts";

/** What an installation is made of: what npm would pack, and the packages that it needs to run. */
function installedParts(): string[] {
  const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] };
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  const needed = Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && dev !== true && devOptional !== true)
    .map(([path]) => path);
  return [...files, "package.json", ...needed].filter(existsSync);
}
/** What another user must not inherit of ours. */
const OURS = [
  "HOME",
  "USER",
  "LOGNAME",
  "MAIL",
  "TMPDIR",
  "MAYFLY_HOME",
  "MAYFLY_RUNTIME",
  "MAYFLY_STATE",
  "MAYFLY_KVM_DEVICE",
];

export interface Answer {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Somebody without rights, with a home and a copy of this installation: where we are root a user who is made for it
 * and removed afterwards, else ourselves with another home.
 */
export class OrdinaryUser implements Disposable {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
  /** Where the copied installation lies. */
  readonly installation = publicDirectory();
  /** `XDG_RUNTIME_DIR` of what is run; undefined: none. */
  runtime: string | undefined;

  constructor() {
    for (const part of installedParts())
      cpSync(resolve(part), join(this.installation, part), { recursive: true });
    if (isRoot) {
      this.name = `mayfly-t${process.pid}`;
      execFileSync("useradd", ["--create-home", "--shell", "/bin/sh", this.name]);
      const [, , uid = "", gid = "", , home = ""] = execFileSync("getent", ["passwd", this.name], {
        encoding: "utf8",
      }).split(":");
      [this.uid, this.gid, this.home] = [Number(uid), Number(gid), home];
    } else {
      [this.name, this.uid, this.gid] = [userInfo().username, userInfo().uid, userInfo().gid];
      this.home = join(this.installation, "home");
      mkdirSync(this.home);
    }
  }

  /** Where micro-VMs are recorded without `XDG_RUNTIME_DIR`. */
  get runDirectory(): string {
    return `/tmp/mayfly-${this.uid}`;
  }

  /** For `spawn`: as this user, and nothing of our own session. */
  get session(): { env: NodeJS.ProcessEnv; cwd: string; uid?: number; gid?: number } {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !OURS.includes(name) && !name.startsWith("XDG_"),
    );
    const env = {
      ...Object.fromEntries(inherited),
      HOME: this.home,
      USER: this.name,
      LOGNAME: this.name,
      ...(this.runtime === undefined ? {} : { XDG_RUNTIME_DIR: this.runtime }),
    };
    return { env, cwd: this.home, ...(isRoot ? { uid: this.uid, gid: this.gid } : {}) };
  }

  /** Runs the command line to its end. */
  async mayfly(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const session = this.session;
    const child = spawn(process.execPath, [join(this.installation, "dist/cli/main.js"), ...args], {
      ...session,
      env: { ...session.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([
      buffer(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    return { status: child.exitCode, stdout, stderr };
  }

  [Symbol.dispose](): void {
    if (isRoot) execFileSync("userdel", ["--remove", this.name], { stdio: "ignore" });
    if (isRoot) remove(this.runDirectory);
    attempt(() => {
      rmSync(this.installation, { recursive: true, force: true });
    }, "told by the next line of the listing of /tmp");
  }
}
