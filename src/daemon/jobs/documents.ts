import { basename } from "node:path";
import { requestOf } from "../../client/index.ts";
import type { OpenStage } from "../../sdk/index.ts";
import { DOCUMENT_STEPS, documentEnding, pageStep } from "../describe.ts";
import type { Desk, Performer } from "./desk.ts";

export const OPEN: Performer<"open"> = {
  about: ({ path, name = "a document" }) => ({
    kind: "document",
    title: path === undefined ? name : basename(path),
    profile: "office",
  }),
  async perform(job, desk, { mayfly }) {
    const { path, ...request } = requestOf(job);
    const result = await mayfly.open(path ?? desk.stdin, {
      ...request,
      signal: desk.signal,
      onStage: staged(desk, DOCUMENT_STEPS),
      onPage: (done, of) => {
        desk.task.step(pageStep(done, of));
        desk.news({ news: "page", index: 0, done, of });
      },
    });
    desk.task.end(documentEnding(result));
    return result;
  },
};

export const OPEN_MANY: Performer<"open-many"> = {
  about: ({ paths }) => ({
    kind: "document",
    title: `${paths.length} documents: ${paths
      .slice(0, 10)
      .map((path) => basename(path))
      .join(", ")}`,
    profile: "office",
  }),
  async perform(job, desk, { mayfly }) {
    const { paths, ...request } = requestOf(job);
    const { task, signal } = desk;
    let done = 0;
    const results = await mayfly.openMany(paths, {
      ...request,
      signal,
      onEvent: (event) => {
        const { kind, index } = event;
        if (kind === "begun") desk.news({ news: "begun", index });
        else if (kind === "page") desk.news({ news: "page", index, done: event.done, of: event.of });
        else {
          desk.news({ news: "opened", index, result: { ...event.result } });
          task.step(`${++done} of ${paths.length} done`);
        }
      },
    });
    const failed = results.filter(({ exitCode }) => exitCode !== 0).length;
    task.end({
      outcome: `${results.length - failed} of ${results.length} converted`,
      exitCode: failed === 0 ? 0 : 1,
    });
    return {};
  },
};

const CAPTURE_STEPS: Readonly<Record<OpenStage, string>> = {
  ...DOCUMENT_STEPS,
  opening: "Starting its micro-VM",
  converting: "Loading it",
};

export const CAPTURE: Performer<"capture"> = {
  about: ({ address }) => ({ kind: "document", title: address, profile: "browser" }),
  async perform(job, desk, { mayfly }) {
    const { address, ...request } = requestOf(job);
    const result = await mayfly.capture(address, {
      ...request,
      signal: desk.signal,
      onStage: staged(desk, CAPTURE_STEPS),
    });
    desk.task.end(documentEnding(result));
    return result;
  },
};

function staged(
  { task, news }: Desk,
  steps: Readonly<Record<OpenStage, string>>,
): (stage: OpenStage) => void {
  return (stage) => {
    task.step(steps[stage]);
    news({ news: "stage", stage });
  };
}
