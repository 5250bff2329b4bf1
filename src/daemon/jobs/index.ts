import { JOB_PATH, settingsOf } from "../../client/index.ts";
import type { LoopbackApp } from "../../loopback/index.ts";
import { JobConnection } from "./connection.ts";
import type { JobHost } from "./desk.ts";

/** Adds the WebSocket by which a process of its user gives the daemon a job. Only its owner's socket has it. */
export function addJobs(app: LoopbackApp, host: JobHost): void {
  const settings = settingsOf(); // as they were when what runs here was loaded
  app.get(JOB_PATH, { websocket: true }, (socket) => {
    new JobConnection(socket, host, settings);
  });
}
