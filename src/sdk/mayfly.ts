import type { Readable } from "node:stream";
import { byDaemonOrHere, mayUseDaemon, noteInDocument, noteInTask, type Declined } from "../client/index.ts";
import type { IsolationFact, OpenResult } from "../contract/index.ts";
import { sweep } from "../disposal/index.ts";
import { boundFrozen, sweepFrozen } from "../microvisor/index.ts";
import { ByDaemon } from "./by-daemon.ts";
import { Embedded } from "./embedded.ts";
import type { Fork } from "./fork.ts";
import { openHost } from "./installation.ts";
import type {
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
import { RunningVms, type RunningVm, type VmUsage } from "./running.ts";
import type { BrowseRequest, LiveView, ViewRequest } from "./views.ts";

interface Parts {
  readonly embedded: Embedded;
  readonly daemon: ByDaemon | undefined;
  readonly running: RunningVms;
  readonly reports: Reports;
}

/**
 * Mayfly in this process: complete without a daemon, and by the daemon where one runs that can stand for it. A task that
 * only this process can do (with callbacks that decide, or bytes that only it has) is done here in any case.
 *
 *     await using mayfly = await Mayfly.open();
 *     const result = await mayfly.run({ command: ["sort", "/in/names.txt"], inputs: ["names.txt"] });
 */
export class Mayfly implements AsyncDisposable {
  readonly #embedded: Embedded;
  /** Undefined where this Mayfly has something of its own that a daemon lacks. */
  readonly #daemon: ByDaemon | undefined;
  #hasStandbys = false;
  readonly #running: RunningVms;
  /** The reports that are kept of this user's tasks. */
  readonly reports: Reports;

  private constructor({ embedded, daemon, running, reports }: Parts) {
    this.#embedded = embedded;
    this.#daemon = daemon;
    this.#running = running;
    this.reports = reports;
  }

  /**
   * Sweeps what a killed Mayfly left behind, then makes the standbys that were asked for.
   * @throws E_USAGE for `roots`, E_STORE_UNWRITABLE, and with `standby` all that making a fork throws
   */
  static async open(options: MayflyOptions = {}): Promise<Mayfly> {
    const {
      home,
      state,
      standby = {},
      progress = () => undefined,
      signal,
      dns = process.env["MAYFLY_DNS"]?.split(",").filter((server) => server !== ""),
      roots,
      rules = [],
    } = options;
    requireCertificates(roots ?? []);
    const host = openHost(home, progress, signal);
    await sweep(host.ledger);
    sweepFrozen(host.store);
    await boundFrozen(host.store);
    const embedded = new Embedded(host, { dns, roots, state, rules });
    if (rules.length > 0) await embedded.rules(); // a mistake in them is told before anything runs
    for (const [profile, count] of wantedStandbys(standby)) await embedded.standby(profile, count);
    return new Mayfly({
      embedded,
      daemon: mayAskDaemon(options) ? new ByDaemon(options) : undefined,
      running: new RunningVms(host.ledger),
      reports: new Reports(state),
    });
  }

  /** Runs one task in a micro-VM of its own and destroys that. Resolves whatever the outcome; rejects never. */
  async run(request: RunRequest): Promise<RunResult> {
    return await byDaemonOrHere(
      this.#asking(async (daemon) => await daemon.run(request)),
      async () => await this.#embedded.run(request),
      noteInTask,
    );
  }

  /**
   * Opens a document in a micro-VM of its own and makes safe copies of what is seen there. Resolves whatever the
   * outcome; rejects never.
   * @param source path of a file, or a stream that is called `name`
   */
  async open(source: string | Readable, request: OpenRequest = {}): Promise<OpenResult> {
    return await byDaemonOrHere(
      this.#asking(async (daemon) => await daemon.open(source, request)),
      async () => await this.#embedded.open(source, request),
      noteInDocument,
    );
  }

  /**
   * Loads a web page in a micro-VM of its own and makes safe copies of what is seen there: a picture, a PDF, its text.
   * Resolves whatever the outcome; rejects never.
   * @param address `https://example.org/page`; without a scheme it is https
   */
  async capture(address: string, request: CaptureRequest = {}): Promise<OpenResult> {
    return await byDaemonOrHere(
      this.#asking(async (daemon) => await daemon.capture(address, request)),
      async () => await this.#embedded.capture(address, request),
      noteInDocument,
    );
  }

  /**
   * Opens many documents, each in a micro-VM of its own, several at once. One that fails never stops the rest.
   * @returns a result for each, in the sources' order
   * @throws E_USAGE for `jobs` out of range, and what a broken profile throws; by the daemon also what making image and
   * template throws, and E_DAEMON where it ends meanwhile
   */
  async openMany(sources: readonly string[], request: OpenManyRequest = {}): Promise<readonly OpenResult[]> {
    return await byDaemonOrHere(
      this.#asking(async (daemon) => await daemon.openMany(sources, request)),
      async () => await this.#embedded.openMany(sources, request),
      (results, why) => results.map((result) => noteInDocument(result, why)),
    );
  }

  /**
   * Shows a document live, in a window of a micro-VM of its own, to this user's own browser. Resolves when there is an
   * address; the handle tells the rest.
   * @throws E_USAGE, E_BAD_POLICY; by the daemon also what making image and template throws, and E_DAEMON
   */
  async view(path: string, request: ViewRequest = {}): Promise<LiveView> {
    return await byDaemonOrHere(
      this.#asking(async (daemon) => await daemon.view(path, request)),
      async () => await this.#embedded.view(path, request),
      noteInView,
    );
  }

  /**
   * Shows a page of the web live, in a browser in a micro-VM of its own. Its network is the web, unless the policy says
   * otherwise.
   * @throws as `view`
   */
  async browse(url: string, request: BrowseRequest = {}): Promise<LiveView> {
    return await byDaemonOrHere(
      this.#asking(async (daemon) => await daemon.browse(url, request)),
      async () => await this.#embedded.browse(url, request),
      noteInView,
    );
  }

  /**
   * A micro-VM to work with step by step, in this process. Dispose of the handle to destroy it.
   * @throws E_UNKNOWN_PROFILE, E_ISOLATION, E_USAGE, and all that making images, templates and forks throws
   */
  async fork(profile = "base", request: ForkRequest = {}): Promise<Fork> {
    return await this.#embedded.fork(profile, request);
  }

  /**
   * Keeps forks of a profile ready for tasks and forks of its usual size; settles when they are. From then on tasks are
   * this process's own.
   * @param count how many, 0 … 1,000; default: as the profile says
   */
  async standby(profile: string, count?: number): Promise<void> {
    this.#hasStandbys = true;
    await this.#embedded.standby(profile, count);
  }

  /** Makes image and template of a profile where they are missing, and says what isolates its micro-VMs. */
  async prepare(profile: string, request: PrepareRequest = {}): Promise<IsolationFact> {
    return await this.#embedded.prepare(profile, request);
  }

  /** All micro-VMs of this user, of this and other processes. */
  list(): readonly RunningVm[] {
    return this.#running.list();
  }

  /** What one of these uses now, and what holds it; undefined while it is made, and when it has ended. */
  usageOf(id: string): VmUsage | undefined {
    return this.#running.usageOf(id);
  }

  /** Ends a micro-VM by its id, or an unambiguous beginning of it; its owner disposes of it. @throws E_USAGE, E_UNKNOWN_TASK */
  kill(id: string): RunningVm {
    return this.#running.kill(id);
  }

  /** Ends live views, and disposes of the standbys. Forks that were handed out are their holders'. */
  async close(): Promise<void> {
    await this.#daemon?.close();
    await this.#embedded.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #asking<T>(ask: (daemon: ByDaemon) => Promise<T | Declined>): (() => Promise<T | Declined>) | undefined {
    const daemon = this.#daemon;
    return daemon === undefined || this.#hasStandbys ? undefined : async () => await ask(daemon);
  }
}

/** What a Mayfly is given besides, no daemon has. */
function mayAskDaemon({ daemon = mayUseDaemon(), ...own }: MayflyOptions): boolean {
  const { home, state, dns, roots, rules, standby } = own;
  return daemon && [home, state, dns, roots, rules, standby].every((given) => given === undefined);
}

function noteInView(view: LiveView, why: string): LiveView {
  const ended = view.ended.then((result) => noteInTask(result, why));
  return { ...view, ended, end: async () => noteInTask(await view.end(), why) };
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
