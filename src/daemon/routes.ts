import { createReadStream, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyReply } from "fastify";
import type { Daemon as DaemonInfo, FileEntry, VmView } from "../contract/api/index.ts";
import { MayflyError, ignoring, neutralise, openUntrusted } from "../foundation/index.ts";
import type { LoopbackApp } from "../loopback/index.ts";
import { formatReport, listProfiles, type Mayfly } from "../sdk/index.ts";
import { OPERATIONS } from "./api.ts";
import type { Commands } from "./commands.ts";
import { reportRow, streamView } from "./describe.ts";
import type { Documents } from "./documents.ts";
import { handle } from "./handle.ts";
import type { LiveViews } from "./live-views.ts";
import type { DaemonTask, LiveTask, Tasks } from "./tasks.ts";

/** What the routes stand on. */
export interface DaemonParts {
  readonly mayfly: Mayfly;
  readonly tasks: Tasks;
  readonly commands: Commands;
  readonly documents: Documents;
  readonly views: LiveViews;
  readonly info: () => DaemonInfo;
  readonly vms: () => readonly VmView[];
  /** Makes an address of the console. */
  readonly link: () => Promise<string>;
  readonly stop: () => void;
}

const MOST_REPORTS = 200;
const MOST_WORDS = 5;
/** A page that a guest had a say in: no script, nothing from elsewhere, an origin of its own. */
const REPORT_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'";

/** Adds everything. @param isOwners whether it is the unix socket, by which more may be asked */
export function addRoutes(app: LoopbackApp, parts: DaemonParts, isOwners: boolean): void {
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => {
    done(null, payload);
  });
  addDaemon(app, parts, isOwners);
  addTasks(app, parts, isOwners);
  addLooks(app, parts);
  addDocuments(app, parts);
  addViews(app, parts);
  addReports(app, parts);
}

function addDaemon(
  app: LoopbackApp,
  { info, link, stop, vms, mayfly, tasks }: DaemonParts,
  isOwners: boolean,
): void {
  handle(app, OPERATIONS.daemon, async () => await Promise.resolve(info()));
  handle(app, OPERATIONS.openapi, async ({ reply }) => {
    const path = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));
    return await reply.type("application/json").send(readFileSync(path, "utf8"));
  });
  handle(app, OPERATIONS.profiles, listProfiles);
  handle(app, OPERATIONS.vms, async () => await Promise.resolve(vms()));
  handle(app, OPERATIONS.endVm, async ({ id }) => await Promise.resolve({ id: mayfly.kill(id).id }));
  handle(app, OPERATIONS.checkVm, async ({ id }) => await tasks.inVm(id).checkMemory());
  if (!isOwners) return;
  handle(app, OPERATIONS.link, async () => ({ url: await link() }));
  handle(app, OPERATIONS.stop, async () => {
    stop();
    return await Promise.resolve(info());
  });
}

function addTasks(app: LoopbackApp, { tasks, commands }: DaemonParts, isOwners: boolean): void {
  handle(app, OPERATIONS.tasks, async () => await Promise.resolve(tasks.list().map((task) => task.view())));
  handle(app, OPERATIONS.task, async ({ id }) => await Promise.resolve(tasks.get(id).view()));
  handle(app, OPERATIONS.start, async ({ body }) => {
    if (!isOwners && (body.inputs !== undefined || body.out !== undefined))
      throw new MayflyError("E_ACCESS", "A page names no files of this machine", {
        next: "Leave `inputs` and `out` out, or ask by the unix socket.",
      });
    const { task, done } = await commands.start(body);
    void ignoring(done, "told by the task");
    return task.view();
  });
  handle(app, OPERATIONS.endTask, async ({ id }) => {
    const task = tasks.get(id);
    task.cancel();
    return await Promise.resolve(task.view());
  });
  handle(app, OPERATIONS.output, async ({ id, reply }) => {
    const { bytes } = commands.output(tasks.get(id));
    return await asDownload(reply, "output").send(bytes);
  });
}

/** What may be seen of a task while it runs. */
function addLooks(app: LoopbackApp, { tasks }: DaemonParts): void {
  handle(app, OPERATIONS.network, async ({ id }) =>
    (await liveOf(tasks.get(id)).network()).streams.map(streamView),
  );
  handle(app, OPERATIONS.files, async ({ id }): Promise<FileEntry[]> => {
    const entries = await liveOf(tasks.get(id)).files();
    return entries.flatMap(({ path, kind, size }) =>
      kind === "file" ? [{ path: neutralise(openUntrusted(path), 4096), bytes: size }] : [],
    );
  });
  handle(app, OPERATIONS.file, async ({ id, query: { path }, reply }) => {
    const content = await liveOf(tasks.get(id)).openFile(path);
    if (content === undefined)
      throw new MayflyError("E_UNKNOWN_TASK", `There is no file ${neutralise(path)} in /out`);
    return await asDownload(reply, path).send(content);
  });
}

function addDocuments(app: LoopbackApp, { tasks, documents }: DaemonParts): void {
  handle(app, OPERATIONS.open, async ({ query: { name, as }, body }) => {
    requireBytes(body);
    const { task, done } = documents.open(name, body, as);
    done.catch(() => undefined); // told by the task
    // What is sent is read by the micro-VM as it comes; the answer waits until all of it has gone in.
    await new Promise<void>((resolve) => {
      const stream = body as unknown as NodeJS.ReadableStream;
      stream.once("close", resolve).once("error", () => {
        resolve();
      });
      void done.then(resolve, resolve);
    });
    return task.view();
  });
  handle(app, OPERATIONS.copy, async ({ id, query: { path }, reply }) => {
    const copy = tasks.get(id).copies.find((each) => each.path === path);
    if (copy === undefined) throw new MayflyError("E_UNKNOWN_TASK", "There is no such safe copy (any more)");
    return await asDownload(reply, copy.path).send(createReadStream(copy.file));
  });
}

/** Their tabs come to the page `/view/?id=TASK`, beside the console. */
function addViews(app: LoopbackApp, { tasks, views }: DaemonParts): void {
  handle(app, OPERATIONS.browse, async ({ body }) => (await views.page(body)).view());
  handle(app, OPERATIONS.view, async ({ query: { name, clipboard }, body }) => {
    requireBytes(body);
    return (await views.document(name, body, { clipboard })).view();
  });
  handle(app, OPERATIONS.picture, async ({ id, reply }) => {
    const picture = await views.picture(tasks.get(id).id);
    return await reply.type("image/png").send(picture);
  });
  app.get("/view/:id/socket", { websocket: true }, (socket, request) => {
    const { id = "" } = request.params as { readonly id?: string };
    views.attach(id, socket);
  });
}

function requireBytes(body: unknown): void {
  if (!(Symbol.asyncIterator in Object(body)))
    throw new MayflyError("E_USAGE", "The document is sent as application/octet-stream");
}

function addReports(app: LoopbackApp, { mayfly: { reports } }: DaemonParts): void {
  handle(app, OPERATIONS.reports, async ({ query: { search, limit = "50" } }) => {
    const [first, ...others] = wordsIn(search);
    const known = others.map((text) => new Set(reports.search({ text }).map(({ id }) => id)));
    const found = reports.search({ text: first }).filter(({ id }) => known.every((ids) => ids.has(id)));
    return await Promise.resolve(found.slice(0, Math.min(Number(limit), MOST_REPORTS)).map(reportRow));
  });
  handle(app, OPERATIONS.report, async ({ id }) => await Promise.resolve(reports.get(id)));
  handle(app, OPERATIONS.reportPage, async ({ id, reply }) => {
    const page = await formatReport(reports.get(id), "html");
    return await reply
      .header("content-security-policy", REPORT_POLICY)
      .type("text/html; charset=utf-8")
      .send(page);
  });
}

/** Each must be somewhere in a report; a command's words are apart in it. */
function wordsIn(search = ""): string[] {
  return search
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, MOST_WORDS);
}

/** Whatever is in it, a browser saves it and does not show it. */
function asDownload(reply: FastifyReply, path: string): FastifyReply {
  const name = neutralise(path.slice(path.lastIndexOf("/") + 1), 200);
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return reply
    .type("application/octet-stream")
    .header("content-security-policy", "sandbox; default-src 'none'")
    .header("content-disposition", `attachment; filename*=UTF-8''${encoded}`);
}

function liveOf(task: DaemonTask): LiveTask {
  if (task.live !== undefined) return task.live;
  throw new MayflyError("E_UNKNOWN_TASK", "This task does not run (any more)", {
    next: "Its report has what was seen of it.",
  });
}
