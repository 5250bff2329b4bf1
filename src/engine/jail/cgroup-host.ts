import { constants, accessSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { attempt } from "../../foundation/index.ts";

export type Controller = "memory" | "pids" | "cpu";
const CONTROLLERS: readonly Controller[] = ["memory", "pids", "cpu"];

/** Where this machine lets us make cgroups. With v2 the three directories are one. */
export interface CgroupHost {
  readonly version: 1 | 2;
  readonly parents: Readonly<Partial<Record<Controller, string>>>;
}

/**
 * Finds directories in which we may make cgroups. v1: below our own, each controller by itself. v2: beside our own
 * (a delegated slice of the user's), or for root below the top; a cgroup that holds processes cannot have limited children.
 * @param root where cgroup file systems are mounted; a parameter for tests
 */
export function findCgroupHost(own: string, mounts: string, isRoot: boolean): CgroupHost | undefined {
  return findV2(own, mounts, isRoot) ?? findV1(own, mounts);
}

export function readOwnCgroups(): { own: string; mounts: string } {
  const read = (path: string): string =>
    attempt(() => readFileSync(path, "latin1"), "not Linux as we know it") ?? "";
  return { own: read("/proc/self/cgroup"), mounts: read("/proc/self/mounts") };
}

function findV1(own: string, mounts: string): CgroupHost | undefined {
  const parents: Partial<Record<Controller, string>> = {};
  for (const controller of CONTROLLERS) {
    const mount = mountPoint(mounts, "cgroup", controller);
    const path = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m").exec(own)?.[1];
    const directory = mount !== undefined && path !== undefined ? resolve(mount, `.${path}`) : undefined;
    if (directory !== undefined && isWritable(directory)) parents[controller] = directory;
  }
  return Object.keys(parents).length > 0 ? { version: 1, parents } : undefined;
}

function findV2(own: string, mounts: string, isRoot: boolean): CgroupHost | undefined {
  const mount = mountPoint(mounts, "cgroup2");
  const path = /^0::(.*)$/m.exec(own)?.[1];
  if (mount === undefined || path === undefined) return undefined;
  const candidates = [
    ...(path === "/" ? [] : [join(mount, dirname(path))]),
    ...(isRoot ? [join(mount, "mayfly")] : []),
  ];
  for (const directory of candidates) {
    if (isRoot) attempt(() => mkdirSync(directory, { recursive: true }), "judged by what is writable below");
    const usable = isWritable(directory)
      ? CONTROLLERS.filter((controller) => enable(directory, controller))
      : [];
    if (usable.includes("memory")) {
      return { version: 2, parents: Object.fromEntries(usable.map((controller) => [controller, directory])) };
    }
  }
  return undefined;
}

/** A v2 controller limits a directory's children only where the directory and those above pass it down. */
function enable(directory: string, controller: Controller): boolean {
  const control = join(directory, "cgroup.subtree_control");
  const isOn = (): boolean =>
    (attempt(() => readFileSync(control, "latin1"), "not there") ?? "").split(/\s+/).includes(controller);
  if (isOn()) return true;
  attempt(() => {
    writeFileSync(join(dirname(directory), "cgroup.subtree_control"), `+${controller}`);
  }, "judged by isOn");
  attempt(() => {
    writeFileSync(control, `+${controller}`);
  }, "judged by isOn");
  return isOn();
}

function mountPoint(mounts: string, type: string, option?: string): string | undefined {
  for (const line of mounts.split("\n")) {
    const [, point, kind, options] = line.split(" ");
    if (kind === type && (option === undefined || options?.split(",").includes(option) === true))
      return point;
  }
  return undefined;
}

function isWritable(directory: string): boolean {
  return (
    attempt(() => {
      accessSync(directory, constants.W_OK);
      accessSync(join(directory, "cgroup.procs"), constants.W_OK);
      return true;
    }, "no right to it") === true
  );
}
