import { Readable } from "node:stream";
import type { IsolationFact, Limits, OpenResult } from "../contract/index.ts";
import {
  OFFICE,
  admitJobs,
  captureAddress,
  inBatch,
  needWholeNames,
  openDocument,
} from "../document/index.ts";
import type { EngineFacts } from "../engine/index.ts";
import { GATHERED_BYTES, Gatherer } from "../foundation/index.ts";
import { Microvisor, type Host } from "../microvisor/index.ts";
import { admitLimits, admitOnFinding, networkOf } from "../policy/index.ts";
import { FindingStop, TaskNetwork, loadRules, runTask, type Reporting } from "../task/index.ts";
import { Fork } from "./fork.ts";
import type {
  BatchNews,
  CaptureRequest,
  ForkRequest,
  MayflyOptions,
  OpenManyRequest,
  OpenRequest,
  PrepareRequest,
  RunRequest,
  RunResult,
} from "./options.ts";
import type { BrowseRequest, LiveView, ViewRequest, Views } from "./views.ts";

type Own = Pick<MayflyOptions, "dns" | "roots" | "state" | "rules">;

/** The microvisor in this process, and all that is done with it. `Mayfly` says what its methods promise. */
export class Embedded {
  readonly #host: Host;
  readonly #microvisor: Microvisor;
  readonly #network: Pick<MayflyOptions, "dns" | "roots">;
  readonly #state: string | undefined;
  readonly #ruleFiles: readonly string[];
  #views: Promise<Views> | undefined;
  #loadedRules: ReturnType<typeof loadRules> | undefined;

  constructor(host: Host, { state, rules = [], ...network }: Own) {
    this.#ruleFiles = rules;
    this.#host = host;
    this.#network = network;
    this.#state = state;
    this.#microvisor = new Microvisor(host);
  }

  async run(request: RunRequest): Promise<RunResult> {
    const { stdin, stdout, stderr, signal, onResize, onStream, pcap, secretEnv, ...rest } = request;
    const { report, onReport, onLive, onWitness, ...task } = rest;
    const gathered = { stdout: new Gatherer(), stderr: new Gatherer() };
    const gathers = stdout === undefined && task.limits?.outputBytes === undefined;
    const limits = gathers ? { ...task.limits, outputBytes: GATHERED_BYTES } : task.limits;
    const io = {
      stdin: streamOf(stdin),
      stdout: stdout ?? gathered.stdout,
      stderr: stderr ?? gathered.stderr,
      onResize,
    };
    const network = { ...this.#network, onStream, pcap, env: secretEnv };
    const told = { onLive, onWitness };
    const host = { microvisor: this.#microvisor, io, network, rules: this.rules, signal, ...told };
    const reporting = this.#reporting(report, onReport);
    const result = await runTask({ ...task, limits }, { ...host, reporting });
    return { ...result, stdout: gathered.stdout.bytes(), stderr: gathered.stderr.bytes() };
  }

  async open(
    source: string | Readable,
    { name, signal, onPage, onStage, report, ...choices }: OpenRequest,
  ): Promise<OpenResult> {
    const document = typeof source === "string" ? { path: source, name } : { content: source, name };
    const reporting = this.#reporting(report);
    const host = { microvisor: this.#microvisor, reporting, rules: this.rules, signal };
    return await openDocument(document, choices, { ...host, onPage, onStage });
  }

  async capture(
    address: string,
    { signal, onStage, onStream, pcap, report, secretEnv, ...choices }: CaptureRequest,
  ): Promise<OpenResult> {
    const host = { microvisor: this.#microvisor, reporting: this.#reporting(report), rules: this.rules };
    const network = { ...this.#network, onStream, pcap, env: secretEnv };
    return await captureAddress(address, choices, { ...host, network, signal, onStage });
  }

  async openMany(
    sources: readonly string[],
    { jobs, onEvent, signal, report, ...choices }: OpenManyRequest,
  ): Promise<readonly OpenResult[]> {
    const { memory } = admitLimits(choices.limits ?? {}, await this.#limitsOf(OFFICE));
    const wholeNames = needWholeNames(sources, choices.out);
    return await inBatch(sources, admitJobs(jobs, memory), async (source, index) => {
      const tell = (event: BatchNews): void => onEvent?.({ index, source, ...event });
      tell({ kind: "begun" });
      const onPage = (done: number, of: number | undefined): void => {
        tell({ kind: "page", done, of });
      };
      const wholeName = choices.wholeName ?? wholeNames[index];
      const result = await this.open(source, { ...choices, wholeName, signal, report, onPage });
      tell({ kind: "ended", result });
      return result;
    });
  }

  async view(path: string, request: ViewRequest): Promise<LiveView> {
    return await (await this.#viewing()).document(path, request);
  }

  async browse(url: string, request: BrowseRequest): Promise<LiveView> {
    return await (await this.#viewing()).page(url, request);
  }

  async fork(
    profile: string,
    { limits = {}, isolation = "any", label = "fork", policy, onStream }: ForkRequest,
  ): Promise<Fork> {
    const defaults = await this.#microvisor.profileDefaults(profile);
    const admitted = admitLimits(limits, defaults.limits);
    const onFinding = policy?.onFinding && admitOnFinding(policy.onFinding);
    const stop = await FindingStop.open(onFinding, this.rules);
    const allowed = networkOf(policy ?? {}, defaults);
    const network = await TaskNetwork.open(allowed, stop.watching({ ...this.#network, onStream }));
    const options = { limits: admitted, label, needsHardware: isolation === "hardware" };
    const ready = await this.#microvisor.fork(profile, options);
    try {
      const freeze = async (why: string, signal?: AbortSignal): Promise<string> =>
        (await this.#microvisor.freeze(ready.vm, why, signal)).directory;
      const env = await network.attach(ready.vm);
      return new Fork(profile, { ready, network, env, freeze, stop, onFinding });
    } catch (cause) {
      await network.close();
      await ready.vm.dispose();
      throw cause;
    }
  }

  async standby(profile: string, count?: number): Promise<void> {
    const limits = admitLimits({}, await this.#limitsOf(profile));
    await this.#microvisor.keepStandby(profile, limits, count);
  }

  async prepare(profile: string, { limits: asked = {} }: PrepareRequest): Promise<IsolationFact> {
    admitLimits(asked); // a mistake in them is told before minutes go into an image
    const limits = admitLimits(asked, await this.#limitsOf(profile));
    return await this.#microvisor.isolationOf(profile, limits);
  }

  async close(): Promise<void> {
    await (await this.#views)?.close();
    await this.#microvisor[Symbol.asyncDispose]();
  }

  /** Read when they are first asked for, and once. */
  readonly rules = async (): ReturnType<typeof loadRules> => {
    const loading = (this.#loadedRules ??= loadRules(this.#ruleFiles));
    loading.catch(() => (this.#loadedRules = undefined)); // mended meanwhile, they are read again
    return await loading;
  };

  /** Loaded when something is first shown: most programs show nothing. */
  async #viewing(): Promise<Views> {
    this.#views ??= import("./views.ts").then(({ Views }) => {
      const host = { microvisor: this.#microvisor, network: this.#network, rules: this.rules };
      return new Views({ host, reporting: (wanted) => this.#reporting(wanted) });
    });
    return await this.#views;
  }

  /** Undefined where no report is wanted. */
  #reporting(wanted = true, onReport?: Reporting["onReport"]): Reporting | undefined {
    if (!wanted) return undefined;
    const { engine, version } = this.#host;
    return { version, state: this.#state, onReport, engine: async () => nameEngine(await engine.facts()) };
  }

  async #limitsOf(profile: string): Promise<Partial<Limits>> {
    return (await this.#microvisor.profileDefaults(profile)).limits ?? {};
  }
}

/** What a caller gave for standard input, as a stream. */
export function streamOf(stdin: RunRequest["stdin"]): Readable | undefined {
  return typeof stdin === "string" || stdin instanceof Uint8Array
    ? Readable.from([Buffer.from(stdin)])
    : stdin;
}

function nameEngine({ name, version }: EngineFacts): string {
  return `${name} ${version}`;
}
