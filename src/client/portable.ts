import * as v from "valibot";
import type {
  CaptureChoices,
  DocumentChoices,
  Isolation,
  Limits,
  TaskPolicy,
  TaskRequest,
} from "../contract/index.ts";
import { attempt } from "../foundation/index.ts";
import { Job, type JobKind, type JobOf } from "./jobs.ts";
import { PortablePaths } from "./portable-paths.ts";
import { policyOf, portablePolicy } from "./portable-policy.ts";

interface Reported {
  readonly report?: boolean | undefined;
}

/** Variables that the policy's secrets are found in. Default: this process's. */
interface WithSecrets {
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
}

/** A command, as `Mayfly.run` takes it. */
export interface RunJob extends TaskRequest, Reported, WithSecrets {
  readonly pcap?: string | undefined;
  readonly stdin: boolean;
  readonly wantsReport: boolean;
}

export interface OpenJob extends DocumentChoices, Reported {
  readonly path?: string | undefined;
  readonly name?: string | undefined;
}

export interface OpenManyJob extends DocumentChoices, Reported {
  readonly paths: readonly string[];
  readonly jobs?: number | undefined;
}

export interface CaptureJob extends CaptureChoices, Reported, WithSecrets {
  readonly address: string;
  readonly pcap?: string | undefined;
}

/** What a live view may be told. */
interface ViewChoices extends Reported, WithSecrets {
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly policy?: TaskPolicy | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly isolation?: Isolation | undefined;
}

export interface ViewJob extends ViewChoices {
  readonly path: string;
}

export interface BrowseJob extends ViewChoices {
  readonly url: string;
  readonly perSite?: boolean | undefined;
}

/** A job as the process has it that wants it done. */
export type LocalJob =
  | ({ readonly kind: "run" } & RunJob)
  | ({ readonly kind: "open" } & OpenJob)
  | ({ readonly kind: "open-many" } & OpenManyJob)
  | ({ readonly kind: "capture" } & CaptureJob)
  | ({ readonly kind: "view" } & ViewJob)
  | ({ readonly kind: "browse" } & BrowseJob);

/**
 * A job as another process of the same user can do it: paths in full, secrets' values with it.
 * @returns undefined where only this process has what it needs, and where it is no job: whoever does it here tells why
 */
export function portableJob(job: LocalJob, env: NodeJS.ProcessEnv = process.env): Job | undefined {
  return attempt(() => {
    const paths = new PortablePaths();
    const made = { ...job, ...partsOf(job, paths, env) };
    const parsed = v.safeParse(Job, defined(made));
    return parsed.success && paths.arePortable ? parsed.output : undefined;
  }, "it is nothing like a job");
}

/** The request that a job stands for. */
export function requestOf<K extends JobKind>(job: JobOf<K>): Omit<Extract<LocalJob, { kind: K }>, "kind"> {
  return withoutKind(job) as Omit<Extract<LocalJob, { kind: K }>, "kind">;
}

function withoutKind({ kind: _kind, ...rest }: Job): unknown {
  return "policy" in rest ? { ...rest, policy: policyOf(rest.policy), secretEnv: rest.policy.secrets } : rest;
}

/** What is said otherwise on the way; what is undefined is left out. */
function partsOf(
  job: LocalJob,
  paths: PortablePaths,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, unknown>> {
  const out = paths.output(job.out);
  switch (job.kind) {
    case "run":
      return { out, inputs: inputsOf(job, paths), command: [...job.command], ...restricted(job, paths, env) };
    case "capture":
      // Where nothing is said, they go to where this process is.
      return { out: out ?? paths.output("."), ...restricted(job, paths, env) };
    case "view":
      return { out, path: paths.input(job.path), ...restricted(job, paths, env) };
    case "browse":
      return { out, ...restricted(job, paths, env) };
    case "open":
      return job.path === undefined
        ? { out: out ?? paths.output(".") }
        : { out, path: paths.input(job.path) };
    case "open-many":
      return { out, paths: job.paths.map((path) => paths.input(path)) };
  }
}

type Restricted = Extract<LocalJob, WithSecrets>;

function restricted(
  job: Restricted & { readonly policy?: TaskPolicy | undefined },
  paths: PortablePaths,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, unknown>> {
  const pcap = "pcap" in job ? paths.output(job.pcap) : undefined;
  return { pcap, secretEnv: undefined, policy: portablePolicy(job.policy ?? {}, job.secretEnv ?? env) };
}

function inputsOf({ inputs = [] }: RunJob, paths: PortablePaths): unknown[] {
  return inputs.map((input) => {
    const { path, name, content } = typeof input === "string" ? { path: input } : input;
    if (content !== undefined) return undefined; // bytes that are read here: no job has them
    return { path: paths.input(path), name: name ?? path.slice(path.lastIndexOf("/") + 1) };
  });
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>;
}
