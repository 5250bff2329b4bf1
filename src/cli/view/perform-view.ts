import { join } from "node:path";
import { noteInTask, type Declined, type Door } from "../../client/index.ts";
import type { Limits, TaskResult } from "../../contract/index.ts";
import { ignoring, neutralise } from "../../foundation/index.ts";
import type { LiveView, Mayfly } from "../../sdk/index.ts";
import { doing } from "../by-daemon.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { failureNotes, reportNote, summary, warningNotes } from "../run/notes.ts";
import { print } from "../terminal/print.ts";
import type { ProgressView } from "../terminal/progress-view.ts";
import { styleFor } from "../terminal/style.ts";
import { withProgress, type Work } from "../terminal/with-progress.ts";
import type { ViewOptions } from "./options.ts";

/** What is looked at of a view here, whoever has it. */
type Shown = Pick<LiveView, "id" | "name" | "url" | "ready" | "ended" | "end">;

/** What is to be shown, in two ways. */
export interface ViewPlan {
  readonly profile: string;
  readonly options: ViewOptions;
  readonly limits: Partial<Limits> | undefined;
  /** @param onElsewhere told of each other view that a person opens from it */
  readonly ask: (door: Door, onElsewhere: (view: Shown) => void) => Promise<Shown | Declined>;
  readonly start: (mayfly: Mayfly, onElsewhere: (view: Shown) => void) => Promise<Shown>;
}

/** Shows something live until a person ends it: here, in the page, or by closing its window. @returns the exit status */
export async function performView(plan: ViewPlan, invocation: Invocation): Promise<number> {
  const { options, profile, limits } = plan;
  const { json = false, yes = false, embedded = false, rules } = options;
  const quiet = options.quiet === true || json;
  const results = await withProgress({ quiet, invocation }, async (work) => {
    const showing = new Showing({ options, progress: work.progress, quiet });
    return await doing<readonly TaskResult[]>({ profile, limits, rules, embedded, yes }, work, {
      byDaemon: async (door) => {
        const view = await plan.ask(door, showing.also);
        return "declined" in view ? view : await show(view, showing, work);
      },
      here: async (mayfly) => {
        work.progress.clear();
        return await show(await plan.start(mayfly, showing.also), showing, work);
      },
      note: (results, why) => results.map((result) => noteInTask(result, why)),
    });
  });
  for (const result of results) tell(result, options);
  return Math.max(...results.map(statusOf));
}

async function show(
  view: Shown,
  showing: Showing,
  { progress, signal }: Work,
): Promise<readonly TaskResult[]> {
  const end = (): void => {
    showing.end();
  };
  progress.clear();
  signal.addEventListener("abort", end, { once: true });
  try {
    await showing.add(view);
    if (signal.aborted) end();
    return await showing.ended();
  } finally {
    signal.removeEventListener("abort", end);
    showing.close();
  }
}

interface Manner {
  readonly options: ViewOptions;
  readonly progress: ProgressView;
  readonly quiet: boolean;
}

/** The views of one command: the one that was asked for, and those that were opened from it. */
class Showing {
  readonly #manner: Manner;
  readonly #views: Shown[] = [];
  #opened: Disposable | undefined;

  constructor(manner: Manner) {
    this.#manner = manner;
  }

  async add(view: Shown): Promise<void> {
    const { options, progress } = this.#manner;
    const url = view.url ?? "";
    this.#views.push(view);
    if (options.json === true) writeJson({ url, id: view.id });
    else print(url);
    if (options.open !== false) {
      const { openInBrowser } = await import("../../sdk/browser.ts");
      this.#opened = await openInBrowser(url);
    }
    const where = this.#opened === undefined ? "waiting for a browser at that address" : "in your browser";
    progress.report({ step: `Opening ${view.name}`, detail: where });
    this.#tellReady(view);
  }

  readonly also = (view: Shown): void => {
    this.#views.push(view);
    this.#say(`${view.name} is another site: it opens in a micro-VM of its own`);
    this.#tellReady(view);
  };

  end(): void {
    for (const view of this.#views) void ignoring(view.end(), "told by its end");
  }

  async ended(): Promise<readonly TaskResult[]> {
    const results: TaskResult[] = [];
    // More may be opened while one is waited for; they come at the end of the list.
    for (const view of this.#views) results.push(await view.ended);
    return results;
  }

  close(): void {
    this.#opened?.[Symbol.dispose]();
  }

  #tellReady({ ready, name }: Shown): void {
    ready.then(
      () => {
        this.#say(`${name} is shown. End it in its page, by closing its window, or here with Ctrl-C`);
      },
      () => undefined, // its end says why
    );
  }

  #say(text: string): void {
    const { progress, quiet } = this.#manner;
    progress.clear();
    if (!quiet) process.stderr.write(`mayfly: ${text}\n`);
  }
}

/** However a person ends it, that is its good end. */
function statusOf({ outcome, exitCode, disposal }: TaskResult): number {
  if (disposal.complete && (outcome.kind === "signalled" || outcome.kind === "cancelled")) return 0;
  return exitCode;
}

function tell(result: TaskResult, { out, quiet = false, json = false }: ViewOptions): void {
  if (json) {
    writeJson(result);
    return;
  }
  const style = styleFor(process.stderr);
  tellNotes(result, quiet);
  for (const { path } of result.outputs) print(neutralise(join(out ?? "", path), 4096));
  if (quiet || !process.stderr.isTTY || result.outcome.kind === "failed") return;
  for (const line of [summary(result), reportNote(result)])
    if (line !== undefined) process.stderr.write(`${style.dim(line)}\n`);
}

function tellNotes(result: TaskResult, quiet: boolean): void {
  const style = styleFor(process.stderr);
  for (const note of [...failureNotes(result), ...(quiet ? [] : warningNotes(result))])
    process.stderr.write(note.startsWith(" ") ? `${note}\n` : `${style.bad("mayfly:")} ${note}\n`);
}
