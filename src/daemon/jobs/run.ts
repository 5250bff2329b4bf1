import { requestOf } from "../../client/index.ts";
import { endingOf } from "../describe.ts";
import type { Performer } from "./desk.ts";

export const RUN: Performer<"run"> = {
  about: ({ command, profile = "base", terminal }) => ({
    kind: terminal === undefined ? "command" : "terminal",
    title: command.join(" "),
    profile,
  }),
  async perform(job, desk, { mayfly, tasks }) {
    const { stdin, wantsReport, terminal, ...request } = requestOf(job);
    const { task, size, signal, outputs } = desk;
    const result = await mayfly.run({
      ...request,
      ...outputs,
      terminal: terminal === undefined ? undefined : (size ?? terminal),
      stdin: stdin ? desk.stdin : undefined,
      onResize: desk.onResize,
      onLive: (live) => {
        task.running(live);
      },
      onWitness: (event) => tasks.emit("witness", task, event),
      onReport: wantsReport ? desk.report : undefined,
      signal,
    });
    task.end(endingOf(result));
    return { ...result, stdout: undefined, stderr: undefined };
  },
};
