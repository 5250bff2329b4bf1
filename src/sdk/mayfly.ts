import { Readable, Writable } from "node:stream";
import type { IsolationFact, Limits, OpenResult, Progress } from "../contract/index.ts";
import { processesOf, sweep, type LedgerEntry } from "../disposal/index.ts";
import {
  OFFICE,
  admitJobs,
  captureAddress,
  inBatch,
  needWholeNames,
  openDocument,
} from "../document/index.ts";
import { acceleratorOf, usageOf, type EngineFacts, type MachineUsage } from "../engine/index.ts";
import { MIB, MayflyError, attempt } from "../foundation/index.ts";
import { Microvisor, boundFrozen, sweepFrozen, type Host } from "../microvisor/index.ts";
import { admitLimits, admitOnFinding, networkOf } from "../policy/index.ts";
import { isAlive } from "../process/index.ts";
import { FindingStop, TaskNetwork, loadRules, runTask, type Reporting } from "../task/index.ts";
import { Fork } from "./fork.ts";
import { openHost } from "./installation.ts";
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
import { Reports } from "./reports.ts";
import { requireCertificates } from "./roots.ts";
import type { BrowseRequest, LiveView, ViewRequest, Views } from "./views.ts";

/** Bytes of output that are gathered where the caller names no stream and no limit. */
const GATHERED_BYTES = 16 * MIB;

/** A running micro-VM of this user, by whichever Mayfly. */
export interface RunningVm {
  readonly id: string;
  readonly kind: "task" | "standby" | "template";
  readonly profile: string;
  /** The command's words. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Process that the micro-VM belongs to. */
  readonly owner: number;
}

/** What a running micro-VM uses, seen from the host. */
export interface VmUsage extends MachineUsage {
  readonly isolation: IsolationFact["kind"] | undefined;
}

/**
 * Mayfly, embedded in this process: complete without a daemon.
 *
 *     await using mayfly = await Mayfly.open();
 *     const result = await mayfly.run({ command: ["sort", "/in/names.txt"], inputs: ["names.txt"] });
 */
export class Mayfly implements AsyncDisposable {
  readonly #host: Host;
  readonly #microvisor: Microvisor;
  readonly #network: Pick<MayflyOptions, "dns" | "roots">;
  readonly #state: string | undefined;
  readonly #ruleFiles: readonly string[];
  #views: Promise<Views> | undefined;
  #loadedRules: ReturnType<typeof loadRules> | undefined;
  /** The reports that are kept of this user's tasks. */
  readonly reports: Reports;

  private constructor(
    host: Host,
    { state, rules = [], ...network }: Pick<MayflyOptions, "dns" | "roots" | "state" | "rules">,
  ) {
    this.#ruleFiles = rules;
    this.#host = host;
    this.#network = network;
    this.#state = state;
    this.reports = new Reports(state);
    this.#microvisor = new Microvisor(host);
  }

  /**
   * Sweeps what a killed Mayfly left behind, then makes the standbys that were asked for.
   * @throws E_USAGE for `roots`, E_STORE_UNWRITABLE, and with `standby` all that making a fork throws
   */
  static async open({
    home,
    state,
    standby = {},
    progress = ignoreProgress,
    signal,
    dns = process.env["MAYFLY_DNS"]?.split(",").filter((server) => server !== ""),
    roots,
    rules = [],
  }: MayflyOptions = {}): Promise<Mayfly> {
    requireCertificates(roots ?? []);
    const host = openHost(home, progress, signal);
    await sweep(host.ledger);
    sweepFrozen(host.store);
    await boundFrozen(host.store);
    const mayfly = new Mayfly(host, { dns, roots, state, rules });
    if (rules.length > 0) await mayfly.#rules(); // a mistake in them is told before anything runs
    for (const [profile, count] of wantedStandbys(standby)) await mayfly.standby(profile, count);
    return mayfly;
  }

  /** Runs one task in a micro-VM of its own and destroys that. Resolves whatever the outcome; rejects never. */
  async run(request: RunRequest): Promise<RunResult> {
    const { stdin, stdout, stderr, signal, onResize, onStream, pcap, secretEnv, ...rest } = request;
    const { report, onReport, onLive, onWitness, ...task } = rest;
    const gathered = { stdout: new Gatherer(), stderr: new Gatherer() };
    const gathers = stdout === undefined && task.limits?.outputBytes === undefined;
    const limits = gathers ? { ...task.limits, outputBytes: GATHERED_BYTES } : task.limits;
    const input =
      typeof stdin === "string" || stdin instanceof Uint8Array ? Readable.from([Buffer.from(stdin)]) : stdin;
    const io = {
      stdin: input,
      stdout: stdout ?? gathered.stdout,
      stderr: stderr ?? gathered.stderr,
      onResize,
    };
    const network = { ...this.#network, onStream, pcap, env: secretEnv };
    const told = { onLive, onWitness };
    const host = { microvisor: this.#microvisor, io, network, rules: this.#rules, signal, ...told };
    const reporting = this.#reporting(report, onReport);
    const result = await runTask({ ...task, limits }, { ...host, reporting });
    return { ...result, stdout: gathered.stdout.bytes(), stderr: gathered.stderr.bytes() };
  }

  /**
   * Opens a document in a micro-VM of its own and makes safe copies of what is seen there. Resolves whatever the
   * outcome; rejects never.
   * @param source path of a file, or a stream that is called `name`
   */
  async open(
    source: string | Readable,
    { name, signal, onPage, onStage, report, ...choices }: OpenRequest = {},
  ): Promise<OpenResult> {
    const document = typeof source === "string" ? { path: source, name } : { content: source, name };
    const reporting = this.#reporting(report);
    const host = { microvisor: this.#microvisor, reporting, rules: this.#rules, signal };
    return await openDocument(document, choices, { ...host, onPage, onStage });
  }

  /**
   * Loads a web page in a micro-VM of its own and makes safe copies of what is seen there: a picture, a PDF, its text.
   * Resolves whatever the outcome; rejects never.
   * @param address `https://example.org/page`; without a scheme it is https
   */
  async capture(
    address: string,
    { signal, onStage, onStream, pcap, report, ...choices }: CaptureRequest = {},
  ): Promise<OpenResult> {
    const host = { microvisor: this.#microvisor, reporting: this.#reporting(report), rules: this.#rules };
    const network = { ...this.#network, onStream, pcap };
    return await captureAddress(address, choices, { ...host, network, signal, onStage });
  }

  /**
   * Opens many documents, each in a micro-VM of its own, several at once. One that fails never stops the rest.
   * @returns a result for each, in the sources' order
   * @throws E_USAGE for `jobs` out of range, and what a broken profile throws
   */
  async openMany(
    sources: readonly string[],
    { jobs, onEvent, signal, report, ...choices }: OpenManyRequest = {},
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

  /**
   * Shows a document live, in a window of a micro-VM of its own, to this user's own browser. Resolves when there is an
   * address; the handle tells the rest.
   * @throws E_USAGE, E_BAD_POLICY
   */
  async view(path: string, request: ViewRequest = {}): Promise<LiveView> {
    return await (await this.#viewing()).document(path, request);
  }

  /**
   * Shows a page of the web live, in a browser in a micro-VM of its own. Its network is the web, unless the policy says
   * otherwise.
   * @throws E_USAGE, E_BAD_POLICY
   */
  async browse(url: string, request: BrowseRequest = {}): Promise<LiveView> {
    return await (await this.#viewing()).page(url, request);
  }

  /**
   * A micro-VM to work with step by step. Dispose of the handle to destroy it.
   * @throws E_UNKNOWN_PROFILE, E_ISOLATION, E_USAGE, and all that making images, templates and forks throws
   */
  async fork(
    profile = "base",
    { limits = {}, isolation = "any", label = "fork", policy, onStream }: ForkRequest = {},
  ): Promise<Fork> {
    const defaults = await this.#microvisor.profileDefaults(profile);
    const admitted = admitLimits(limits, defaults.limits);
    const onFinding = policy?.onFinding && admitOnFinding(policy.onFinding);
    const stop = await FindingStop.open(onFinding, this.#rules);
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

  /**
   * Keeps forks of a profile ready for tasks and forks of its usual size; settles when they are.
   * @param count how many, 0 … 1,000; default: as the profile says
   */
  async standby(profile: string, count?: number): Promise<void> {
    const limits = admitLimits({}, await this.#limitsOf(profile));
    await this.#microvisor.keepStandby(profile, limits, count);
  }

  /** Makes image and template of a profile where they are missing, and says what isolates its micro-VMs. */
  async prepare(profile: string, { limits: asked = {} }: PrepareRequest = {}): Promise<IsolationFact> {
    admitLimits(asked); // a mistake in them is told before minutes go into an image
    const limits = admitLimits(asked, await this.#limitsOf(profile));
    return await this.#microvisor.isolationOf(profile, limits);
  }

  /** All micro-VMs of this user, of this and other processes. */
  list(): readonly RunningVm[] {
    return this.#host.ledger
      .list()
      .filter(({ owner }) => isAlive(owner))
      .map(describe);
  }

  /** What one of these uses now, and what holds it; undefined while it is made, and when it has ended. */
  usageOf(id: string): VmUsage | undefined {
    const entry = this.#host.ledger.list().find((each) => each.id === id);
    const [process] = entry?.processes.filter(isAlive) ?? [];
    const usage = process && usageOf(process.pid);
    const accelerator = process && acceleratorOf(process.pid);
    return usage && { ...usage, isolation: accelerator && (accelerator === "kvm" ? "hardware" : "emulated") };
  }

  /** Ends a micro-VM by its id, or an unambiguous beginning of it; its owner disposes of it. @throws E_UNKNOWN_TASK */
  kill(id: string): RunningVm {
    if (id === "")
      throw new MayflyError("E_USAGE", "The id to kill is empty", {
        next: "See `mayfly ps` for the running ones.",
      });
    const matches = this.#host.ledger
      .list()
      .filter((entry) => entry.id.startsWith(id) && isAlive(entry.owner));
    const [entry] = matches;
    if (entry === undefined || matches.length > 1) {
      throw new MayflyError(
        "E_UNKNOWN_TASK",
        matches.length > 1 ? `"${id}" begins ${matches.length} ids` : `No micro-VM has the id "${id}"`,
        {
          next: "See `mayfly ps` for the running ones.",
        },
      );
    }
    // One that is being made has no processes in the ledger yet.
    const known =
      entry.processes.length > 0 ? entry.processes.filter(isAlive).slice(0, 1) : processesOf(entry.id);
    for (const { pid } of known) attempt(() => process.kill(pid, "SIGKILL"), "it has just ended");
    return describe(entry);
  }

  /** Ends live views, and disposes of the standbys. Forks that were handed out are their holders'. */
  async close(): Promise<void> {
    await (await this.#views)?.close();
    await this.#microvisor[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Read when they are first asked for, and once. */
  readonly #rules = async (): ReturnType<typeof loadRules> => {
    const loading = (this.#loadedRules ??= loadRules(this.#ruleFiles));
    loading.catch(() => (this.#loadedRules = undefined)); // mended meanwhile, they are read again
    return await loading;
  };

  /** Loaded when something is first shown: most programs show nothing. */
  async #viewing(): Promise<Views> {
    this.#views ??= import("./views.ts").then(({ Views }) => {
      const host = { microvisor: this.#microvisor, network: this.#network, rules: this.#rules };
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

function wantedStandbys(
  standby: NonNullable<MayflyOptions["standby"]>,
): (readonly [string, number | undefined])[] {
  if (isList(standby)) return standby.map((profile) => [profile, undefined] as const);
  return Object.entries(standby);
}

/** `Array.isArray` does not narrow read-only arrays. */
function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}

function nameEngine({ name, version }: EngineFacts): string {
  return `${name} ${version}`;
}

function describe({ id, kind, profile, label, since, owner }: LedgerEntry): RunningVm {
  return { id, kind, profile, label, since, owner: owner.pid };
}

const ignoreProgress: Progress = () => undefined;

class Gatherer extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
