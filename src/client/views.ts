import type { TaskResult } from "../contract/index.ts";
import { MayflyError, deferred, type Deferred } from "../foundation/index.ts";
import { ask, type Door } from "./door.ts";
import type { News, NewsOf } from "./jobs.ts";
import type { Declined, Link } from "./link.ts";
import type { BrowseJob, LocalJob, ViewJob } from "./portable.ts";

/** Who is told of a view. */
interface Told {
  /** Ends it at once. */
  readonly signal?: AbortSignal | undefined;
  readonly onStage?: ((stage: NewsOf<"view-stage">["stage"], text: string) => void) | undefined;
  /** Told of each view that a person opens from it. */
  readonly onElsewhere?: ((view: DistantView) => void) | undefined;
}

/** As `Mayfly.view` takes it. */
export type ViewAsk = Omit<ViewJob, "path"> & Told;
/** As `Mayfly.browse` takes it. */
export type BrowseAsk = Omit<BrowseJob, "url"> & Told;

/** Shows a document by the daemon. @throws as `ask`, and what `Mayfly.view` throws */
export async function viewByDaemon(
  door: Door,
  path: string,
  { signal, onStage, onElsewhere, ...choices }: ViewAsk,
): Promise<DistantView | Declined> {
  return await show(door, { kind: "view", path, ...choices }, { signal, onStage, onElsewhere });
}

/** Shows a page by the daemon. @throws as `viewByDaemon` */
export async function browseByDaemon(
  door: Door,
  url: string,
  { signal, onStage, onElsewhere, ...choices }: BrowseAsk,
): Promise<DistantView | Declined> {
  return await show(door, { kind: "browse", url, ...choices }, { signal, onStage, onElsewhere });
}

async function show(door: Door, job: LocalJob, told: Told): Promise<DistantView | Declined> {
  const link = await ask(job, door);
  if ("declined" in link) return link;
  return await new DistantViews(link, told).first;
}

/** A live view that the daemon has. It lives as this process does. */
export class DistantView implements AsyncDisposable {
  readonly id: string;
  /** What is shown, for people. Neutralised. */
  readonly name: string;
  /** An address that lets one browser of this machine's user in, once. */
  readonly url: string | undefined;
  readonly #link: Link;
  readonly #shown = deferred<undefined>();
  readonly #result = deferred<TaskResult>();
  readonly #looks: Deferred<Buffer | undefined>[] = [];

  /** @internal */
  constructor(link: Link, { view, name, url }: NewsOf<"view">) {
    this.#link = link;
    this.id = view;
    this.name = name;
    this.url = url;
  }

  /** Settles when the first of it is on the screen of a tab; rejects where it ended before. */
  get ready(): Promise<undefined> {
    return this.#shown.promise;
  }

  /** Rejects with `E_DAEMON` where the daemon ends before. */
  get ended(): Promise<TaskResult> {
    return this.#result.promise;
  }

  /** Ends it; what its policy lets out comes out first. */
  async end(): Promise<TaskResult> {
    this.#link.say({ type: "end", view: this.id });
    return await this.ended;
  }

  /** A small picture of its screen, as a PNG file; undefined while nothing is shown. */
  async picture(): Promise<Buffer | undefined> {
    const look = deferred<Buffer | undefined>();
    this.#looks.push(look);
    this.#link.say({ type: "look", view: this.id });
    return await Promise.race([look.promise, this.ended.then(() => undefined)]);
  }

  /** @throws E_USAGE: its tabs are the daemon's */
  attach(): never {
    throw new MayflyError("E_USAGE", "The daemon shows this view: its tabs come by its address", {
      next: "Ask for it with `serve: false` to show it yourself.",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  /** @internal */
  hear(news: NewsOf<"shown" | "view-ended" | "picture">): void {
    if (news.news === "shown") this.#shown.resolve(undefined);
    else if (news.news === "view-ended") {
      this.#shown.reject(new MayflyError("E_CLOSED", "The micro-VM has ended"));
      this.#result.resolve(news.result as unknown as TaskResult);
    } else {
      const png = news.png === undefined ? undefined : Buffer.from(news.png, "base64");
      this.#looks.shift()?.resolve(png);
    }
  }

  /** @internal */
  fail(cause: unknown): void {
    this.#shown.reject(cause);
    this.#result.reject(cause);
  }
}

/** The views of one connection: the one that was asked for, and those that were opened from it. */
class DistantViews {
  readonly #link: Link;
  readonly #told: Told;
  readonly #views = new Map<string, DistantView>();
  readonly #first = deferred<DistantView>();

  constructor(link: Link, told: Told) {
    this.#link = link;
    this.#told = told;
    const ended = link.begin({
      signal: told.signal,
      onNews: (news) => {
        this.#hear(news);
      },
    });
    ended.catch((cause: unknown) => {
      this.#first.reject(cause);
      for (const view of this.#views.values()) view.fail(cause);
    });
  }

  get first(): Promise<DistantView> {
    return this.#first.promise;
  }

  #hear(news: News): void {
    switch (news.news) {
      case "view": {
        const view = new DistantView(this.#link, news);
        const isFirst = this.#views.size === 0;
        this.#views.set(view.id, view);
        if (isFirst) this.#first.resolve(view);
        else this.#told.onElsewhere?.(view);
        return;
      }
      case "view-stage":
        this.#told.onStage?.(news.stage, news.text);
        return;
      case "shown":
      case "view-ended":
      case "picture":
        this.#views.get(news.view)?.hear(news);
        return;
      default: // of other jobs
    }
  }
}
