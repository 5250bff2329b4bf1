import { basename } from "node:path";
import { requestOf } from "../../client/index.ts";
import { ignoring } from "../../foundation/index.ts";
import type { BrowseRequest, LiveView } from "../../sdk/index.ts";
import type { DaemonTask } from "../tasks.ts";
import type { Desk, JobHost, Performer } from "./desk.ts";

export const VIEW: Performer<"view"> = {
  about: ({ path }) => ({ kind: "view", title: basename(path), profile: "office-view" }),
  async perform(job, desk, host) {
    const { path, ...request } = requestOf(job);
    return await new Shown(desk, host).show(
      async (told) => await host.mayfly.view(path, { ...request, ...told }),
    );
  },
};

export const BROWSE: Performer<"browse"> = {
  about: ({ url }) => ({ kind: "view", title: url, profile: "browser" }),
  async perform(job, desk, host) {
    const { url, ...request } = requestOf(job);
    return await new Shown(desk, host).show(
      async (told) => await host.mayfly.browse(url, { ...request, ...told }),
    );
  },
};

type Told = Pick<BrowseRequest, "signal" | "onLive" | "onStage" | "onWitness" | "onElsewhere">;

/** The views of one client: the one that it asked for, and those that a person opened from it. They end with it. */
class Shown {
  readonly #desk: Desk;
  readonly #host: JobHost;
  readonly #views: LiveView[] = [];

  constructor(desk: Desk, host: JobHost) {
    this.#desk = desk;
    this.#host = host;
    desk.listen((asked) => {
      if (asked.type === "end") void this.#find(asked.view)?.end();
      else if (asked.type === "look") void this.#look(asked.view);
    });
  }

  /** Settles when all have ended. @throws what `open` throws */
  async show(open: (told: Told) => Promise<LiveView>): Promise<object> {
    const { task } = this.#desk;
    this.#add(await open(this.#told(task)), task);
    // More may be opened while one is waited for; they come at the end of the list.
    for (const view of this.#views) await view.ended;
    return {};
  }

  #told(task: DaemonTask): Told {
    const { tasks, views } = this.#host;
    const { signal, news } = this.#desk;
    return {
      signal,
      onLive: (live) => {
        if (task.live === undefined) task.running(live); // else it is another site's
      },
      onStage: (stage, text) => {
        news({ news: "view-stage", stage, text });
      },
      onWitness: (event) => tasks.emit("witness", task, event),
      onElsewhere: (view) => {
        this.#add(view, views.beginElsewhere(view));
      },
    };
  }

  #add(view: LiveView, task: DaemonTask): void {
    const { news } = this.#desk;
    const { id, name, url } = view;
    this.#views.push(view);
    news({ news: "view", view: id, name, url });
    const shown = view.ready.then(() => {
      task.step("");
      news({ news: "shown", view: id });
    });
    void ignoring(shown, "its end says why");
    void ignoring(
      view.ended.then((result) => {
        news({ news: "view-ended", view: id, result: { ...result } });
      }),
      "a view's end never rejects",
    );
    this.#host.views.follow(task, view);
  }

  async #look(id: string): Promise<void> {
    const picture = await this.#find(id)
      ?.picture()
      .catch(() => undefined);
    this.#desk.news({ news: "picture", view: id, png: picture?.toString("base64") });
  }

  #find(id: string): LiveView | undefined {
    return this.#views.find((view) => view.id === id);
  }
}
