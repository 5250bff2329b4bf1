import { createHash } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
} from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { MayflyError, attempt, inStore, makeStoreDirectory } from "../../foundation/index.ts";
import { runTool } from "../../process/index.ts";

const OLDEST = "7.2";
const BINARY_NAMES = ["qemu-system-x86_64", "qemu-kvm"];
const BINARY_PLACES = ["/usr/local/bin", "/usr/bin", "/usr/libexec", "/bin"];
const FIRMWARE = ["/usr/share/qemu", "/usr/share/seabios", "/usr/share/qemu-kvm", "/usr/local/share/qemu"];

const RELATIVE = ["share/qemu", "share/seabios", "lib/qemu", "lib64/qemu", "lib/x86_64-linux-gnu/qemu"];

/** Changes when what is learnt, or how, changes. */
const LESSON = "2";

const Facts = v.object({
  /** Identity of the files that this was learnt from; learnt anew when it changes. */
  seen: v.string(),
  binary: v.string(),
  version: v.string(),
  /** What the jail must show for QEMU to start: directories of its libraries and firmware, the loader, the binary. */
  files: v.array(v.string()),
  /** The read-only opener that QEMU before 8.2 needs; see `host/readonly-ram.c`. */
  shim: v.nullable(v.string()),
  /** Whether bubblewrap can forbid user namespaces inside the jail. */
  disableUserns: v.boolean(),
  key: v.string(),
});

export type QemuFacts = v.InferOutput<typeof Facts>;

/**
 * What there is to know of the installed QEMU; learnt once and kept in `directory` until the binary changes.
 * @throws E_ENGINE_MISSING, E_ENGINE_TOO_OLD
 */
export async function qemuFacts(directory: string, shimSource: string): Promise<QemuFacts> {
  const binary = findBinary();
  const seen = [LESSON, ...[binary, shimSource, findTool("bwrap")].map(identity)].join(" ");
  const path = join(directory, "qemu.json");
  const raw = attempt(() => JSON.parse(readFileSync(path, "utf8")) as unknown, "learnt below");
  const kept = v.safeParse(Facts, raw);
  const isUsable =
    kept.success && kept.output.seen === seen && kept.output.files.every((file) => existsSync(file));
  if (isUsable && (kept.output.shim === null || existsSync(kept.output.shim))) return kept.output;
  return await inStore(
    directory,
    async () => await learnAndKeep(path, { binary, seen, directory, shimSource }),
  );
}

async function learnAndKeep(path: string, request: LearnRequest): Promise<QemuFacts> {
  makeStoreDirectory(request.directory);
  accessSync(request.directory, constants.W_OK);
  const facts = await learn(request);
  await writeFile(`${path}.${process.pid}`, JSON.stringify(facts));
  await rename(`${path}.${process.pid}`, path);
  return facts;
}

export function hasRom({ version }: QemuFacts): boolean {
  return atLeast(version, "8.2");
}

/** `MAYFLY_QEMU` names a binary outside the usual places. */
function findBinary(): string {
  const named = process.env["MAYFLY_QEMU"];
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return realpathSync(named);
    throw new MayflyError("E_ENGINE_MISSING", `There is no QEMU at ${named}, which MAYFLY_QEMU names`, {
      next: "Correct it, or leave it out.",
    });
  }
  const found = BINARY_PLACES.flatMap((place) => BINARY_NAMES.map((name) => join(place, name))).find(
    existsSync,
  );
  if (found !== undefined) return found;
  throw new MayflyError(
    "E_ENGINE_MISSING",
    `QEMU (${BINARY_NAMES.join(" or ")}) is not in ${BINARY_PLACES.join(", ")}`,
    {
      next: "Run `mayfly setup`, which installs it.",
    },
  );
}

function findTool(name: string): string {
  const found = BINARY_PLACES.map((place) => join(place, name)).find(existsSync);
  if (found !== undefined) return found;
  throw new MayflyError("E_SETUP_NEEDED", `${name} is not in ${BINARY_PLACES.join(", ")}`, {
    next: "Run `mayfly setup`, which installs it.",
  });
}

async function bubblewrapVersion(): Promise<string> {
  const { stdout } = await runTool(["bwrap", "--version"], { timeoutMs: 20_000, failure: "E_SETUP_NEEDED" });
  return /\d+\.\d+/.exec(stdout)?.[0] ?? "0";
}

function identity(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${path}:${size}:${mtimeMs}:${ino}`;
}

interface LearnRequest {
  readonly binary: string;
  readonly seen: string;
  readonly directory: string;
  readonly shimSource: string;
}

async function learn({ binary, seen, directory, shimSource }: LearnRequest): Promise<QemuFacts> {
  const { stdout } = await runTool([binary, "--version"], { timeoutMs: 20_000, failure: "E_ENGINE_MISSING" });
  const full = /version ([^\n]*)/.exec(stdout)?.[1] ?? "";
  const version = /^\d+\.\d+(?:\.\d+)?/.exec(full)?.[0] ?? "0";
  if (!atLeast(version, OLDEST)) {
    throw new MayflyError(
      "E_ENGINE_TOO_OLD",
      `${binary} is version ${version}; Mayfly needs ${OLDEST} or newer`,
      {
        next: "Upgrade QEMU, e.g. from your distribution's backports.",
      },
    );
  }
  const shim = atLeast(version, "8.2") ? null : await buildShim(shimSource, directory);
  const key = createHash("sha256")
    .update(`${identity(binary)}\n${full}`)
    .digest("hex")
    .slice(0, 16);
  const disableUserns = atLeast(await bubblewrapVersion(), "0.8");
  return { seen, binary, version, files: await neededFiles(binary), shim, disableUserns, key };
}

/** Directories rather than single libraries: a mount costs bubblewrap 0.2 ms, and they hold only public packages. */
async function neededFiles(binary: string): Promise<string[]> {
  const { stdout } = await runTool(["ldd", binary], { timeoutMs: 20_000, failure: "E_ENGINE_MISSING" });
  const paths = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? "");
  const loader = paths.filter((path) => /\/ld-[^/]*$/.test(path));
  const directories = [
    ...new Set(paths.filter((path) => !loader.includes(path)).map((path) => dirname(path))),
  ];
  const modules = directories.map((path) => join(realpathSync(path), "qemu"));
  // A QEMU outside /usr looks for modules and firmware beside itself.
  const beside = RELATIVE.map((path) => join(dirname(binary), "..", path));
  return [...directories, ...loader, ...modules, ...beside, ...FIRMWARE, "/etc/ld.so.cache", binary].filter(
    (path, index, all) => all.indexOf(path) === index && existsSync(path),
  );
}

async function buildShim(source: string, directory: string): Promise<string> {
  const target = join(directory, "readonly-ram.so");
  const temporary = `${target}.${process.pid}`;
  const compiler = ["musl-gcc", "-Os", "-shared", "-fPIC", "-nostdlib", "-o", temporary, source];
  await runTool(compiler, { timeoutMs: 60_000, failure: "E_SETUP_FAILED" });
  chmodSync(temporary, 0o755);
  renameSync(temporary, target);
  return target;
}

function atLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
