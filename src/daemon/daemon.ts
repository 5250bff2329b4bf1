import { existsSync } from "node:fs";
import { join } from "node:path";
import { stateDirectory } from "../archive/index.ts";
import { LARGEST_ASKED, daemonSocket } from "../client/index.ts";
import type { Daemon as DaemonInfo, VmView } from "../contract/api/index.ts";
import type { Progress } from "../contract/index.ts";
import { MayflyError, asMayflyError, deferred, neutralise } from "../foundation/index.ts";
import { INSTALLATION } from "../image/index.ts";
import { LoopbackServer, type Address, type LoopbackApp } from "../loopback/index.ts";
import { Mayfly, listImages, mayflyVersion } from "../sdk/index.ts";
import { Commands } from "./commands.ts";
import { vmView } from "./describe.ts";
import { Documents } from "./documents.ts";
import { addEvents } from "./events.ts";
import { LiveViews } from "./live-views.ts";
import { addRoutes, type DaemonParts } from "./routes.ts";
import { addJobs } from "./jobs/index.ts";
import { Tasks } from "./tasks.ts";

export interface DaemonOptions {
  /** Listening unix socket that was handed over; default: one of our own. */
  readonly descriptor?: number | undefined;
  /** Port of the console on 127.0.0.1. Default: any that is free. */
  readonly port?: number | undefined;
  /** Forks to keep ready, by profile. Default: of each profile that has an image, as many as it says. */
  readonly standby?: Readonly<Record<string, number>> | undefined;
}

/** What a daemon stands on. */
interface Foundation {
  readonly mayfly: Mayfly;
  readonly listeners: Set<Progress>;
  readonly making: AbortController;
}

const ADVICE = "Run `mayfly up` again: it prints a new link.";

/** Mayfly as a program that stays: it keeps forks ready, runs tasks for whoever may use its socket, and serves the console. */
export class Daemon implements AsyncDisposable {
  readonly #mayfly: Mayfly;
  readonly #listeners: Set<Progress>;
  /** Ends the making of images and templates. */
  readonly #making: AbortController;
  readonly #tasks = new Tasks();
  readonly #commands: Commands;
  readonly #documents: Documents;
  readonly #views: LiveViews;
  readonly #since = new Date().toISOString();
  readonly #standby: Record<string, number> = {};
  readonly #warnings: string[] = [];
  readonly #stop = deferred<undefined>();
  readonly #port: number;
  readonly #keeping: Promise<void>;
  #own: LoopbackServer | undefined;
  #console: Promise<LoopbackServer> | undefined;

  private constructor({ mayfly, listeners, making }: Foundation, { port = 0, standby }: DaemonOptions) {
    this.#mayfly = mayfly;
    this.#listeners = listeners;
    this.#making = making;
    this.#port = port;
    this.#commands = new Commands(mayfly, this.#tasks);
    const copies = join(stateDirectory(), "copies");
    this.#documents = new Documents(mayfly, this.#tasks, copies);
    this.#views = new LiveViews(mayfly, this.#tasks, copies);
    this.#keeping = this.#keepStandby(standby);
  }

  /** Sweeps what a killed Mayfly left, and listens. Hold the daemon's lock. @throws as `Mayfly.open` and `LoopbackServer.open` */
  static async open(options: DaemonOptions): Promise<Daemon> {
    const listeners = new Set<Progress>();
    const progress: Progress = (event) => {
      for (const listener of listeners) listener(event);
    };
    const making = new AbortController();
    const mayfly = await Mayfly.open({ progress, signal: making.signal, daemon: false });
    const daemon = new Daemon({ mayfly, listeners, making }, options);
    const { descriptor } = options;
    const address: Address = descriptor === undefined ? { socket: daemonSocket() } : { descriptor };
    daemon.#own = await LoopbackServer.open({
      address,
      advice: ADVICE,
      messageBytes: LARGEST_ASKED,
      routes: (app) => {
        daemon.#routes(app, true);
        addJobs(app, {
          mayfly,
          tasks: daemon.#tasks,
          views: daemon.#views,
          onProgress: daemon.#onProgress,
        });
      },
    });
    return daemon;
  }

  /** Settles when somebody asked for its end. */
  get stopped(): Promise<undefined> {
    return this.#stop.promise;
  }

  info(): DaemonInfo {
    return {
      version: mayflyVersion(),
      pid: process.pid,
      since: this.#since,
      standby: { ...this.#standby },
      warnings: [...this.#warnings],
    };
  }

  /** An address that opens the console in one browser, once. @throws E_IN_USE for a port that is taken */
  async link(): Promise<string> {
    this.#console ??= this.#openConsole();
    try {
      return (await this.#console).link("/console/");
    } catch (cause) {
      this.#console = undefined; // the next one may find the port free
      throw cause;
    }
  }

  /** Ends all tasks, disposes of all micro-VMs, and leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#making.abort(new MayflyError("E_CANCELLED", "The daemon was ended"));
    await this.#tasks.end();
    await (await this.#console?.catch(() => undefined))?.close();
    await this.#own?.close();
    await this.#mayfly.close();
    await this.#keeping;
    this.#documents.clear();
  }

  readonly #onProgress = (listener: Progress): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async #openConsole(): Promise<LoopbackServer> {
    const directory = join(INSTALLATION, "dist", "web");
    const names = ["console", "view"].filter((name) => existsSync(join(directory, name)));
    return await LoopbackServer.open({
      address: { port: this.#port },
      advice: ADVICE,
      pages: { directory, names },
      routes: (app) => {
        this.#routes(app, false);
      },
    });
  }

  #routes(app: LoopbackApp, isOwners: boolean): void {
    const parts: DaemonParts = {
      mayfly: this.#mayfly,
      tasks: this.#tasks,
      commands: this.#commands,
      documents: this.#documents,
      views: this.#views,
      info: () => this.info(),
      vms: () => this.#vms(),
      link: async () => await this.link(),
      stop: () => {
        this.#stop.resolve(undefined);
      },
    };
    addRoutes(app, parts, isOwners);
    addEvents(app, parts);
  }

  #vms(): VmView[] {
    const tasks = new Map(this.#tasks.list().map((task) => [task.view().vm, task.id]));
    return [...this.#mayfly.list()]
      .sort((one, other) => one.since - other.since)
      .map((vm) => vmView(vm, this.#mayfly.usageOf(vm.id), tasks.get(vm.id)));
  }

  /** In the background: what cannot be kept ready is told, and forked when it is needed. */
  async #keepStandby(wanted: DaemonOptions["standby"]): Promise<void> {
    const profiles =
      wanted ?? Object.fromEntries((await installedProfiles()).map((name) => [name, undefined]));
    for (const [profile, count] of Object.entries(profiles)) {
      try {
        await this.#mayfly.standby(profile, count);
        this.#standby[profile] = this.#mayfly.list().filter((vm) => isStandbyOf(vm, profile)).length;
      } catch (cause) {
        this.#warnings.push(neutralise(`${profile} is not kept ready: ${asMayflyError(cause).message}`));
      }
    }
  }
}

function isStandbyOf(
  vm: { readonly kind: string; readonly profile: string; readonly owner: number },
  profile: string,
): boolean {
  return vm.kind === "standby" && vm.profile === profile && vm.owner === process.pid;
}

/** Those that have an image as their folder says now: to make one takes minutes, which nobody asked for yet. */
async function installedProfiles(): Promise<string[]> {
  const images = await listImages().catch(() => []);
  return [...new Set(images.filter(({ isCurrent }) => isCurrent).map(({ profile }) => profile))];
}
