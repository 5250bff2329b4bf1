import type { Happening, Stream, VmView } from "../contract/api/index.ts";
import type { WitnessEvent } from "../contract/index.ts";
import { MIB, attempt, ignoring } from "../foundation/index.ts";
import type { LoopbackApp, LoopbackSocket } from "../loopback/index.ts";
import type { Commands } from "./commands.ts";
import { streamView, witnessLine } from "./describe.ts";
import type { DaemonTask, Tasks } from "./tasks.ts";

/** How often what has no news of its own is looked at, while somebody watches. */
const LOOK_MS = 1000;
/** What may wait for a watcher that does not read; then it is told no more. */
const MOST_WAITING = 4 * MIB;
const MOST_STREAMS = 500;

export interface EventHost {
  readonly tasks: Tasks;
  readonly commands: Commands;
  readonly vms: () => readonly VmView[];
}

/** Adds the WebSockets that tell what happens and that carry a terminal. */
export function addEvents(app: LoopbackApp, host: EventHost): void {
  app.get("/v1/events", { websocket: true }, (socket, request) => {
    const { task } = request.query as { readonly task?: unknown };
    watch(socket, host, typeof task === "string" ? task : undefined);
  });
  app.get("/v1/tasks/:id/terminal", { websocket: true }, (socket, request) => {
    const { id } = request.params as { readonly id: string };
    const task = attempt(() => host.tasks.get(id), "told by the close");
    if (task === undefined) socket.close(4404, "no such task");
    else connectTerminal(socket, task, host.commands);
  });
}

/** Tells how things stand, and then what changes, until the watcher goes. */
function watch(socket: LoopbackSocket, { tasks, vms }: EventHost, followed: string | undefined): void {
  const told = new Map<string, string>();
  const tell = (happening: Happening): void => {
    const text = JSON.stringify(happening);
    const key = happening.type === "task" ? `task ${happening.task.id}` : happening.type;
    if ((happening.type !== "witness" && told.get(key) === text) || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_WAITING) {
      socket.terminate();
      return;
    }
    told.set(key, text);
    socket.send(text);
  };
  const onTask = (task: DaemonTask): void => {
    tell({ type: "task", task: task.view() });
  };
  const onWitness = (task: DaemonTask, event: WitnessEvent): void => {
    const text = task.id === followed ? witnessLine(event) : undefined;
    if (text !== undefined) tell({ type: "witness", task: task.id, at: event.at, text });
  };
  const look = async (): Promise<void> => {
    tell({ type: "vms", vms: [...vms()] });
    if (followed === undefined) return;
    const live = attempt(() => tasks.get(followed), "it may be another daemon's")?.live;
    const record = await live?.network();
    if (record === undefined) return;
    const streams: Stream[] = record.streams.slice(-MOST_STREAMS).map(streamView);
    tell({ type: "network", task: followed, streams });
  };
  for (const task of tasks.list().reverse()) onTask(task);
  tasks.on("task", onTask).on("witness", onWitness);
  const timer = setInterval(() => void ignoring(look(), "it has just ended"), LOOK_MS);
  void ignoring(look(), "it has just ended");
  socket.on("close", () => {
    clearInterval(timer);
    tasks.off("task", onTask).off("witness", onWitness);
  });
}

/** Binary messages are what is typed and what is shown; a text message has the size, `{"rows":24,"columns":80}`. */
function connectTerminal(socket: LoopbackSocket, task: DaemonTask, commands: Commands): void {
  const output = attempt(() => commands.output(task), "its output is its starter's");
  if (output === undefined) {
    socket.close(4404, "this task has no terminal here");
    return;
  }
  socket.send(output.bytes);
  if (output.isEnded) {
    socket.close(1000, "ended");
    return;
  }
  const stop = output.follow((chunk) => {
    if (chunk === undefined) socket.close(1000, "ended");
    else if (socket.bufferedAmount > MOST_WAITING) socket.close(4429, "it is shown too slowly");
    else socket.send(chunk);
  });
  socket.on("close", stop);
  socket.on("message", (data: Buffer, isBinary) => {
    const terminal = commands.terminal(task);
    if (terminal === undefined) return;
    if (isBinary) {
      if (terminal.input.writableLength < MIB) terminal.input.write(data);
      return;
    }
    const size = sizeIn(data.toString("utf8"));
    if (size !== undefined) terminal.resize?.(size);
  });
}

function sizeIn(text: string): { readonly rows: number; readonly columns: number } | undefined {
  const value = attempt(() => JSON.parse(text) as unknown, "nonsense is dropped");
  if (typeof value !== "object" || value === null || !("rows" in value) || !("columns" in value))
    return undefined;
  const { rows, columns } = value;
  return isSize(rows) && isSize(columns) ? { rows, columns } : undefined;
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 1000;
}
