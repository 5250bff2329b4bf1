import { join } from "node:path";
import type { TaskResult } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { Mayfly, openInBrowser, type LiveView } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { requireSystem } from "../readiness.ts";
import { failureNotes, reportNote, summary, warningNotes } from "../run/notes.ts";
import { print } from "../terminal/print.ts";
import type { ProgressView } from "../terminal/progress-view.ts";
import { styleFor } from "../terminal/style.ts";
import { withProgress } from "../terminal/with-progress.ts";
import type { ViewOptions } from "./options.ts";

/** What is to be shown. */
export interface ViewPlan {
  readonly profile: string;
  readonly options: ViewOptions;
  /** @param onElsewhere told of each other view that a person opens from it */
  readonly start: (mayfly: Mayfly, onElsewhere: (view: LiveView) => void) => Promise<LiveView>;
  readonly limits: Parameters<Mayfly["prepare"]>[1];
}

/** Shows something live until a person ends it: here, in the page, or by closing its window. @returns the exit status */
export async function performView(plan: ViewPlan, invocation: Invocation): Promise<number> {
  const { options } = plan;
  const quiet = options.quiet === true || options.json === true;
  const results = await withProgress({ quiet, invocation }, async ({ progress, signal }) => {
    await requireSystem({ progress, yes: options.yes ?? false, signal });
    await using mayfly = await Mayfly.open({ progress: progress.report, signal, rules: options.rules });
    await mayfly.prepare(plan.profile, plan.limits);
    progress.clear();
    const showing = new Showing({ options, progress, quiet });
    const end = (): void => {
      showing.end();
    };
    signal.addEventListener("abort", end, { once: true });
    try {
      await showing.add(await plan.start(mayfly, showing.also));
      if (signal.aborted) end();
      return await showing.ended();
    } finally {
      signal.removeEventListener("abort", end);
      showing.close();
    }
  });
  for (const result of results) tell(result, options);
  return Math.max(...results.map(statusOf));
}

interface Manner {
  readonly options: ViewOptions;
  readonly progress: ProgressView;
  readonly quiet: boolean;
}

/** The views of one command: the one that was asked for, and those that were opened from it. */
class Showing {
  readonly #manner: Manner;
  readonly #views: LiveView[] = [];
  #opened: Disposable | undefined;

  constructor(manner: Manner) {
    this.#manner = manner;
  }

  async add(view: LiveView): Promise<void> {
    const { options, progress } = this.#manner;
    const url = view.url ?? "";
    this.#views.push(view);
    if (options.json === true) writeJson({ url, id: view.id });
    else print(url);
    if (options.open !== false) this.#opened = await openInBrowser(url);
    const where = this.#opened === undefined ? "waiting for a browser at that address" : "in your browser";
    progress.report({ step: `Opening ${view.name}`, detail: where });
    this.#tellReady(view);
  }

  readonly also = (view: LiveView): void => {
    this.#views.push(view);
    this.#say(`${view.name} is another site: it opens in a micro-VM of its own`);
    this.#tellReady(view);
  };

  end(): void {
    for (const view of this.#views) void view.end();
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

  #tellReady({ ready, name }: LiveView): void {
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
