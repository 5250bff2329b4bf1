import type { Readable, Writable } from "node:stream";
import type {
  CaptureChoices,
  DocumentChoices,
  Limits,
  OpenResult,
  Progress,
  SignedReport,
  StreamListener,
  TaskPolicy,
  TaskRequest,
  TaskResult,
  TerminalSize,
  WitnessEvent,
} from "../contract/index.ts";
import type { LiveTask } from "../task/index.ts";

export interface MayflyOptions {
  /** Where images and templates live. Default: `MAYFLY_HOME`, else `/var/lib/mayfly` for root, `~/.local/share/mayfly` for others. */
  readonly home?: string | undefined;
  /** Where reports and the key that signs them live. Default: `MAYFLY_STATE`, else `$XDG_STATE_HOME/mayfly`, else `~/.local/state/mayfly`. */
  readonly state?: string | undefined;
  /** Forks to keep ready: `{ python: 2 }`, or `["python"]` for as many as the profile says. Default: none. */
  readonly standby?: Readonly<Record<string, number>> | readonly string[] | undefined;
  /** Ends what is being made (images, templates) when it aborts; tasks have signals of their own. */
  readonly signal?: AbortSignal | undefined;
  /** DNS servers that names of allowed streams are asked of, `192.0.2.53` or `192.0.2.53:5353`. Default: `MAYFLY_DNS`, with commas, else as the system does. */
  readonly dns?: readonly string[] | undefined;
  /**
   * Certificates (PEM) of authorities that real servers are believed by, besides the usual ones, where a policy has
   * `inspect`: a company's, say. The guest's own trust is not changed by them. `NODE_EXTRA_CA_CERTS` names a file of them.
   */
  readonly roots?: readonly string[] | undefined;
  /** Files of rules by which tasks are judged, besides Mayfly's and those in `~/.config/mayfly/rules`. */
  readonly rules?: readonly string[] | undefined;
  /**
   * Whether tasks may be given to the daemon, where one runs that can stand for this process. Default: yes, unless
   * `MAYFLY_DAEMON=off` or something is given above that only this process has. Where one was not used although it runs,
   * results have a warning that says why.
   */
  readonly daemon?: boolean | undefined;
  /** Told what is being done while something is made for the first time. */
  readonly progress?: Progress | undefined;
}

/** A task and where its streams go. */
export interface RunRequest extends TaskRequest {
  /** Standard input; default: empty. */
  readonly stdin?: Readable | string | Uint8Array | undefined;
  /** Default: gathered into the result's `stdout`, at most 16 MiB with standard error unless `limits.outputBytes` says otherwise. */
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
  /** Ends the task; its outcome is then `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Decides live about streams that programs in the guest ask for. */
  readonly onStream?: StreamListener | undefined;
  /** File that gets all that passes on streams, as PCAPNG. One that exists is never replaced, not with `force` either. */
  readonly pcap?: string | undefined;
  /** `false`: no report is made of it. Default: one is made, signed and kept. */
  readonly report?: boolean | undefined;
  /** Told of the report when the micro-VM is gone, whether it could be kept or not. */
  readonly onReport?: ((report: SignedReport) => void) | undefined;
  /** Told before the command starts of what may be looked at while it runs. */
  readonly onLive?: ((task: LiveTask) => void) | undefined;
  /** Told of what the task does, as its guest says, while it runs. */
  readonly onWitness?: ((event: WitnessEvent) => void) | undefined;
  /** Variables that the policy's secrets are found in. Default: this process's. */
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
  /** Tells of new sizes of the terminal, where `terminal` asks for one. */
  readonly onResize?: ((listener: (size: TerminalSize) => void) => void) | undefined;
}

export interface RunResult extends TaskResult {
  /** What the task wrote, where no stream was named for it. Untrusted: neutralise it before it reaches a terminal or a page. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface ForkRequest {
  readonly limits?: Partial<Limits> | undefined;
  readonly isolation?: TaskRequest["isolation"];
  /** What it may touch. Default: nothing. */
  readonly policy?: TaskPolicy | undefined;
  /** Decides live about streams that programs in the guest ask for. */
  readonly onStream?: StreamListener | undefined;
  /** What `mayfly ps` shows. */
  readonly label?: string | undefined;
}

export interface PrepareRequest {
  /** Memory and vCPUs where they are to differ from the profile's: each size has a template of its own. */
  readonly limits?: Partial<Limits> | undefined;
}

/** What is being done to a document. */
export type OpenStage = "opening" | "converting" | "recognising" | "writing";

/** How a document is to be opened, and who is told of it. */
export interface OpenRequest extends DocumentChoices {
  /** What a stream is called; its extension helps to tell kinds of text apart, and its stem names the safe copies. */
  readonly name?: string | undefined;
  /** Ends it; the outcome is then a failure with `E_CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each page that is done. */
  readonly onPage?: ((done: number, of: number | undefined) => void) | undefined;
  readonly onStage?: ((stage: OpenStage) => void) | undefined;
  /** `false`: no report is made of it. */
  readonly report?: boolean | undefined;
}

/** How a web page is to be captured, and who is told of it. */
export interface CaptureRequest extends CaptureChoices {
  /** Ends it; the outcome is then a failure with `E_CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  readonly onStage?: ((stage: OpenStage) => void) | undefined;
  /** Decides live about streams that the page asks for. */
  readonly onStream?: StreamListener | undefined;
  /** File that gets all that passes on streams, as PCAPNG. */
  readonly pcap?: string | undefined;
  /** `false`: no report is made of it. */
  readonly report?: boolean | undefined;
  /** Variables that the policy's secrets are found in. Default: this process's. */
  readonly secretEnv?: RunRequest["secretEnv"];
}

/** How several documents are to be opened. */
export interface OpenManyRequest extends DocumentChoices {
  readonly signal?: AbortSignal | undefined;
  /** Documents at once, 1 … 64. Default: as many as cores and half of the free memory allow. */
  readonly jobs?: number | undefined;
  readonly onEvent?: ((event: BatchEvent) => void) | undefined;
  /** `false`: no reports are made of them. */
  readonly report?: boolean | undefined;
}

/** What happens to one document of a batch. */
export type BatchNews =
  | { readonly kind: "begun" }
  | { readonly kind: "page"; readonly done: number; readonly of: number | undefined }
  | { readonly kind: "ended"; readonly result: OpenResult };

/** … and which one: `index` counts from 0 in the order of the sources. */
export type BatchEvent = BatchNews & { readonly index: number; readonly source: string };
