import type { Readable, Writable } from "node:stream";
import type { Asked, JobKind, JobOf, News } from "../../client/index.ts";
import type { Progress, SignedReport, TerminalSize } from "../../contract/index.ts";
import type { TaskView } from "../../contract/api/index.ts";
import type { Mayfly } from "../../sdk/index.ts";
import type { LiveViews } from "../live-views.ts";
import type { DaemonTask, Tasks } from "../tasks.ts";

/** What jobs are done with. */
export interface JobHost {
  readonly mayfly: Mayfly;
  readonly tasks: Tasks;
  readonly views: LiveViews;
  /** What is being made for the first time is told to everybody who waits. */
  readonly onProgress: (listener: Progress) => () => void;
}

/** Hears what the client says of its job's own things, and passes over what is not for it. */
export type Listener = (asked: Asked) => void;

/** What a job has of the client that asked for it. */
export interface Desk {
  readonly task: DaemonTask;
  /** Aborts when the client goes away, cancels, or the task is ended from outside. */
  readonly signal: AbortSignal;
  readonly stdin: Readable;
  readonly outputs: { readonly stdout: Writable; readonly stderr: Writable };
  /** The terminal's size when the client was ready. */
  readonly size: TerminalSize | undefined;
  readonly onResize: (listener: (size: TerminalSize) => void) => void;
  readonly listen: (listener: Listener) => void;
  readonly news: (news: News) => void;
  readonly report: (report: SignedReport) => void;
}

/** How one kind of job is done. */
export interface Performer<K extends JobKind> {
  /** What the daemon's list says of it. */
  readonly about: (job: JobOf<K>) => Pick<TaskView, "kind" | "title" | "profile">;
  /** Does it, ends its task, and gives back what the client is told at the end. @throws where there is no result */
  readonly perform: (job: JobOf<K>, desk: Desk, host: JobHost) => Promise<object>;
}
