import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import type { TaskResult, ViewAct, ViewNews, ViewStage } from "../contract/index.ts";
import { Display } from "../display/index.ts";
import { MayflyError, deferred, ignoring, newVmId } from "../foundation/index.ts";
import type { Microvisor } from "../microvisor/index.ts";
import { runTask, type Reporting, type TaskHost, type TaskMachine } from "../task/index.ts";
import { Elsewhere } from "./elsewhere.ts";
import { farewell } from "./farewell.ts";
import { ViewFiles } from "./files.ts";
import type { AdmittedViewRequest } from "./request.ts";
import { SafeCopies } from "./safe-copies.ts";
import { thumbnail } from "./thumbnail.ts";
import { Tab } from "./tab.ts";
import type { ViewSocket } from "./tab-stream.ts";
import { hearComplaints, hearWords } from "./words.ts";

/** Where the guest's screen listens, in the guest. */
const SCREEN = "/run/mayfly/display/rfb.sock";
/** Tabs that may be connected, the ones that are only told that there are too many included. */
const MOST_CONNECTED = 64;
/** How often a tab is told at most that the guest's clipboard changed. */
const OFFER_MS = 250;
/** A task that does not end by signals is ended with its machine. */
const END_MS = 20_000;

export interface ViewHost {
  readonly microvisor: Microvisor;
  readonly network: TaskHost["network"];
  readonly rules: TaskHost["rules"];
  readonly reporting: Reporting | undefined;
  /** Ends it at once: what would come out of it does not. */
  readonly signal?: AbortSignal | undefined;
  readonly onStage?: ((stage: ViewStage, text: string) => void) | undefined;
  readonly onLive?: TaskHost["onLive"];
  readonly onWitness?: TaskHost["onWitness"];
  /** Opens a page of another site. @returns the path at which it is shown */
  readonly openElsewhere: (url: string) => Promise<string>;
}

/** Something untrusted on a screen, live: one task in one micro-VM, and the tabs that show it. */
export class View {
  readonly id = newVmId();
  /** Settles when the first of it is on the screen; rejects where it ended before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<TaskResult>;
  readonly #request: AdmittedViewRequest;
  readonly #host: ViewHost;
  readonly #display: Display;
  readonly #machine = deferred<TaskMachine>();
  readonly #scale = deferred<number>();
  readonly #shown = deferred<undefined>();
  readonly #ending = new AbortController();
  readonly #giveUp = new AbortController();
  readonly #tabs = new Set<Tab>();
  readonly #elsewhere: Elsewhere;
  #files: ViewFiles | undefined;
  #stage: Extract<ViewNews, { kind: "stage" }> = { kind: "stage", stage: "starting", text: "" };
  readonly #known: ViewNews[];
  #offering: NodeJS.Timeout | undefined;

  constructor(request: AdmittedViewRequest, host: ViewHost) {
    this.#request = request;
    this.#host = host;
    const { name, policy, out } = request;
    this.#known = [{ kind: "view", name, ...policy, directory: out ?? "" }];
    this.#elsewhere = new Elsewhere(host.openElsewhere, this.#tell);
    this.#display = new Display({
      connect: async () => await (await this.#machine.promise).agent.connect({ unixPath: SCREEN }),
      clipboard: policy.clipboard,
      onOffer: () => {
        this.#offering ??= setTimeout(() => {
          this.#offering = undefined;
          this.#tell({ kind: "offer", hasText: this.#display.hasText });
        }, OFFER_MS).unref();
      },
    });
    this.ready = this.#shown.promise.then(() => undefined);
    this.ready.catch(() => undefined);
    this.ended = this.#run();
  }

  /** A tab that shows it. The socket is the view's from now on. */
  attach(socket: ViewSocket): void {
    if (this.#tabs.size >= MOST_CONNECTED) {
      socket.close(4429, "too many tabs");
      return;
    }
    const tab = new Tab(socket, {
      greeting: () => [...this.#known, this.#stage, ...this.#elsewhere.known],
      act: this.#act,
      show: async (stream: Duplex) => await this.#display.show(stream),
      left: () => this.#tabs.delete(tab),
    });
    this.#tabs.add(tab);
    if (this.#display.hasText) tab.tell({ kind: "offer", hasText: true });
    if (this.#stage.stage === "ended") tab.close();
  }

  /** A small picture of its screen, as a PNG file; undefined while nothing is shown. @throws as `Display.look` */
  async picture(): Promise<Buffer | undefined> {
    return this.#stage.stage === "shown" ? await thumbnail(await this.#display.look()) : undefined;
  }

  /** Ends it as a person ends it: what may come out comes out. Idempotent. */
  async end(): Promise<TaskResult> {
    if (!this.#ending.signal.aborted) {
      this.#toStage("ending", "");
      this.#ending.abort();
      this.#scale.resolve(1); // a program that still waits to be seen is ended too
      const patience = setTimeout(() => {
        this.#giveUp.abort(new MayflyError("E_CANCELLED", "It did not end when it was asked to"));
      }, END_MS);
      void ignoring(
        this.ended.finally(() => {
          clearTimeout(patience);
        }),
        "told by `ended`",
      );
      void this.#collecting.promise.then(() => {
        clearTimeout(patience);
      });
    }
    return await this.ended;
  }

  readonly #collecting = deferred<undefined>();

  async #run(): Promise<TaskResult> {
    const { profile, command, inputs, name, address, taskPolicy, askedLimits, isolation } = this.#request;
    const { microvisor, network, rules, reporting, signal, onLive, onWitness } = this.#host;
    const copies = new SafeCopies({ microvisor, reporting, rules }, this.#request);
    this.#toStage("starting", "");
    const result = await runTask(
      { profile, command, inputs, policy: taskPolicy, limits: askedLimits, isolation },
      {
        ...{ microvisor, network, rules, reporting, onLive, onWitness },
        asked: address === undefined ? ["view", name] : ["browse", address],
        signal: AbortSignal.any([this.#giveUp.signal, ...(signal === undefined ? [] : [signal])]),
        ending: this.#ending.signal,
        io: {
          stdin: Readable.from(this.#scaleLine()),
          stdout: hearWords(this.#listener),
          stderr: hearComplaints(this.#complained),
        },
        onMachine: (machine) => {
          this.#begin(machine, copies);
        },
        taker: () => {
          this.#collecting.resolve(undefined);
          return this.#requireFiles();
        },
      },
    );
    this.#finish(result);
    return result;
  }

  async *#scaleLine(): AsyncGenerator<string> {
    yield `${await this.#scale.promise}\n`;
  }

  readonly #listener = {
    onReady: (): void => {
      if (!this.#ending.signal.aborted) this.#toStage("shown", "");
      this.#shown.resolve(undefined);
    },
    onElsewhere: (url: string): void => {
      this.#elsewhere.wanted(url);
    },
  };

  readonly #complained = (text: string): void => {
    const news: ViewNews = { kind: "complaint", text };
    this.#known.push(news);
    this.#files?.warnings.push(`it said inside: ${text}`);
    this.#tell(news);
  };

  #begin(machine: TaskMachine, copies: SafeCopies): void {
    this.#files = new ViewFiles(machine, this.#request, copies);
    const { kind, reason } = machine.isolation;
    const news: ViewNews = { kind: "machine", id: machine.id, isHardware: kind === "hardware", reason };
    this.#known.push(news);
    this.#tell(news);
    this.#toStage("opening", "");
    this.#machine.resolve(machine);
  }

  #finish(result: TaskResult): void {
    clearTimeout(this.#offering);
    const gone = new MayflyError("E_CLOSED", "The micro-VM has ended");
    this.#machine.reject(gone);
    this.#shown.reject(gone);
    this.#scale.resolve(1);
    this.#display.close(gone);
    const complaint = this.#known.findLast((news) => news.kind === "complaint")?.text;
    this.#toStage("ended", farewell(result, { complaint, wasAsked: this.#ending.signal.aborted }));
    for (const tab of this.#tabs) tab.close();
  }

  readonly #act = async (act: ViewAct): Promise<ViewNews | undefined> => {
    switch (act.act) {
      case "size": {
        this.#scale.resolve(act.scale >= 1.5 ? 2 : 1);
        const { width, height } = await this.#display.resize(act);
        const isBounded = width < Math.round(act.width) || height < Math.round(act.height);
        return { kind: "size", width, height, isBounded };
      }
      case "paste":
        await this.#display.paste(act.text);
        return { kind: "pasted" };
      case "copy":
        return { kind: "text", text: await this.#display.copy() };
      case "files":
        return { kind: "files", ...(await this.#requireFiles().list()) };
      case "save":
        return { kind: "saved", id: act.id, path: await this.#requireFiles().save(act.id) };
      case "elsewhere":
        return await this.#elsewhere.open(act.number);
      case "end":
        await this.end();
        return undefined;
    }
  };

  #requireFiles(): ViewFiles {
    if (this.#files !== undefined) return this.#files;
    throw new MayflyError("E_USAGE", "The micro-VM is not there yet", { next: "Try again in a moment." });
  }

  #toStage(stage: ViewStage, text: string): void {
    this.#stage = { kind: "stage", stage, text };
    this.#tell(this.#stage);
    this.#host.onStage?.(stage, text);
  }

  readonly #tell = (news: ViewNews): void => {
    for (const tab of this.#tabs) tab.tell(news);
  };
}
