import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../contract/index.ts";
import { MayflyError, attempt } from "../foundation/index.ts";
import { runTool } from "../process/index.ts";
import { bootstrap } from "./debian.ts";

const PACKAGE = "linux-image-cloud-amd64";
const MINUTE = 60_000;

/** Debian's kernel for virtual machines, unpacked. */
export interface Kernel {
  readonly release: string;
  readonly image: string;
  /** All modules by name (`_` for `-`). */
  readonly modules: ReadonlyMap<string, string>;
}

/** Downloads the cloud kernel's package through apt, which checks its signature, and unpacks it. */
export async function fetchKernel(
  work: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal | undefined },
): Promise<Kernel> {
  const tar = join(work, "kernel.tar");
  const download = [
    'cd "$1"',
    "export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG",
    `apt-get download $(apt-cache depends --important ${PACKAGE} | sed -n 's/^ *Depends: //p')`,
  ].join(" && ");
  const step = "Downloading the kernel";
  await bootstrap({
    target: tar,
    variant: "custom",
    packages: [],
    exclude: [],
    hooks: [download],
    progress,
    step,
    signal,
  });
  const options = { cwd: work, timeoutMs: 5 * MINUTE, signal, failure: "E_IMAGE_BUILD" } as const;
  await runTool(
    ["tar", "-xf", tar, "--wildcards", "--no-anchored", "--strip-components=1", "linux-image-*.deb"],
    options,
  );
  const archive = readdirSync(work).find((name) => name.startsWith("linux-image-") && name.endsWith(".deb"));
  if (archive === undefined)
    throw new MayflyError("E_IMAGE_BUILD", `Debian's archive gave no package for ${PACKAGE}`);
  await runTool(["dpkg-deb", "-x", archive, "kernel"], options);
  return readKernel(join(work, "kernel"));
}

function readKernel(root: string): Kernel {
  const name = readdirSync(join(root, "boot")).find((each) => each.startsWith("vmlinuz-"));
  if (name === undefined) throw new MayflyError("E_IMAGE_BUILD", "The kernel's package holds no kernel");
  const release = name.slice("vmlinuz-".length);
  const tree = join(root, "lib", "modules", release);
  const files = readdirSync(tree, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ko"),
  );
  const modules = new Map(files.map((path) => [moduleName(path), join(tree, path)]));
  return { release, image: join(root, "boot", name), modules };
}

/** The files of the modules that `wanted` need, in loading order. A name that is no module may be built in. */
export function resolveModules(wanted: readonly string[], modules: ReadonlyMap<string, string>): string[] {
  const ordered = new Set<string>();
  const visit = (name: string): void => {
    const path = modules.get(moduleName(name));
    if (path === undefined || ordered.has(path)) return;
    for (const dependency of dependenciesOf(path)) visit(dependency);
    ordered.add(path);
  };
  for (const name of wanted) visit(name);
  return [...ordered];
}

/** A module names what it needs in its `.modinfo` section: `depends=a,b`, ended by NUL. */
function dependenciesOf(path: string): string[] {
  const text = attempt(() => readFileSync(path, "latin1"), "told when the initramfs is made") ?? "";
  const list = /\0depends=([^\0]*)\0/.exec(text)?.[1] ?? "";
  return list.split(",").filter((name) => name !== "");
}

function moduleName(path: string): string {
  return path
    .slice(path.lastIndexOf("/") + 1)
    .replace(/\.ko$/, "")
    .replaceAll("-", "_");
}
