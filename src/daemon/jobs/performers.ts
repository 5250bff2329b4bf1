import type { Job, JobKind } from "../../client/index.ts";
import type { Desk, JobHost, Performer } from "./desk.ts";
import { CAPTURE, OPEN, OPEN_MANY } from "./documents.ts";
import { RUN } from "./run.ts";
import { BROWSE, VIEW } from "./views.ts";

const PERFORMERS: { readonly [K in JobKind]: Performer<K> } = {
  run: RUN,
  open: OPEN,
  "open-many": OPEN_MANY,
  capture: CAPTURE,
  view: VIEW,
  browse: BROWSE,
};

/** What the daemon's list says of a job. */
export function aboutJob(job: Job): ReturnType<Performer<JobKind>["about"]> {
  return performerOf(job).about(job);
}

/** Does a job, and gives back what its client is told at the end. @throws where there is no result */
export async function performJob(job: Job, desk: Desk, host: JobHost): Promise<object> {
  return await performerOf(job).perform(job, desk, host);
}

/** A kind's own performer takes it: TypeScript does not follow that through a table. */
function performerOf(job: Job): {
  about: (job: Job) => ReturnType<Performer<JobKind>["about"]>;
  perform: (job: Job, desk: Desk, host: JobHost) => Promise<object>;
} {
  return PERFORMERS[job.kind] as unknown as ReturnType<typeof performerOf>;
}
