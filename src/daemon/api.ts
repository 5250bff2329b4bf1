import * as v from "valibot";
import {
  Daemon,
  FileEntry,
  Link,
  MemoryView,
  Profile,
  ReportRow,
  Stream,
  TaskStart,
  TaskView,
  ViewStart,
  VmView,
} from "../contract/api/index.ts";

type Schema = v.GenericSchema;

/** One thing that can be asked of the daemon: what validates it is what its document says. */
export interface Operation {
  readonly method: "GET" | "POST" | "DELETE";
  /** With `{name}` for its parameters, which are strings. */
  readonly path: string;
  readonly summary: string;
  /** Only by the unix socket. */
  readonly isOwners?: boolean;
  readonly query?: v.ObjectSchema<v.ObjectEntries, undefined>;
  /** `bytes`: any content. */
  readonly body?: Schema | "bytes";
  readonly status: 200 | 202;
  /** Schema of the JSON that answers, or its media type. */
  readonly answer: Schema | string;
  /** Statuses of failures besides 400, 403 and 500. */
  readonly failures?: readonly number[];
}

const text = v.optional(v.pipe(v.string(), v.maxLength(1000)));
const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const Id404 = [404];

/** All that the daemon does, beside its WebSockets. */
export const OPERATIONS = {
  daemon: {
    method: "GET",
    path: "/v1/daemon",
    summary: "Who answers, and what it keeps ready",
    status: 200,
    answer: Daemon,
  },
  openapi: {
    method: "GET",
    path: "/v1/openapi.json",
    summary: "This document",
    status: 200,
    answer: v.looseObject({}),
  },
  stop: {
    method: "POST",
    path: "/v1/stop",
    summary: "Ends all tasks and the daemon",
    isOwners: true,
    status: 202,
    answer: Daemon,
  },
  link: {
    method: "POST",
    path: "/v1/links",
    summary: "Makes an address that opens the console in one browser, once",
    isOwners: true,
    status: 200,
    answer: Link,
  },
  profiles: {
    method: "GET",
    path: "/v1/profiles",
    summary: "Kinds of machine",
    status: 200,
    answer: v.array(Profile),
  },
  vms: {
    method: "GET",
    path: "/v1/vms",
    summary: "Running micro-VMs of this user",
    status: 200,
    answer: v.array(VmView),
  },
  endVm: {
    method: "DELETE",
    path: "/v1/vms/{id}",
    summary: "Ends a micro-VM",
    status: 202,
    answer: v.object({ id: v.string() }),
    failures: Id404,
  },
  checkVm: {
    method: "POST",
    path: "/v1/vms/{id}/check",
    summary:
      "Compares the memory of a micro-VM in which a task of this daemon runs with its template's; it stands still for that moment",
    status: 200,
    answer: MemoryView,
    failures: Id404,
  },
  tasks: {
    method: "GET",
    path: "/v1/tasks",
    summary: "Tasks of this daemon, newest first",
    status: 200,
    answer: v.array(TaskView),
  },
  start: {
    method: "POST",
    path: "/v1/tasks",
    summary: "Starts a task",
    body: TaskStart,
    status: 202,
    answer: TaskView,
  },
  task: {
    method: "GET",
    path: "/v1/tasks/{id}",
    summary: "One task",
    status: 200,
    answer: TaskView,
    failures: Id404,
  },
  endTask: {
    method: "DELETE",
    path: "/v1/tasks/{id}",
    summary: "Ends a task",
    status: 202,
    answer: TaskView,
    failures: Id404,
  },
  output: {
    method: "GET",
    path: "/v1/tasks/{id}/output",
    summary: "What a command wrote so far, its last 256 KiB; untrusted",
    status: 200,
    answer: "application/octet-stream",
    failures: Id404,
  },
  network: {
    method: "GET",
    path: "/v1/tasks/{id}/network",
    summary: "Connections that its programs asked for",
    status: 200,
    answer: v.array(Stream),
    failures: Id404,
  },
  files: {
    method: "GET",
    path: "/v1/tasks/{id}/files",
    summary: "Files in /out of a running task",
    status: 200,
    answer: v.array(FileEntry),
    failures: Id404,
  },
  file: {
    method: "GET",
    path: "/v1/tasks/{id}/file",
    summary: "One of these; untrusted",
    query: v.object({ path: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)) }),
    status: 200,
    answer: "application/octet-stream",
    failures: Id404,
  },
  copy: {
    method: "GET",
    path: "/v1/tasks/{id}/copy",
    summary: "A safe copy",
    query: v.object({ path: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)) }),
    status: 200,
    answer: "application/octet-stream",
    failures: Id404,
  },
  open: {
    method: "POST",
    path: "/v1/documents",
    summary: "Makes safe copies of a document",
    query: v.object({
      name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
      as: v.optional(v.picklist(["pdf", "png", "text", "csv"])),
    }),
    body: "bytes",
    status: 202,
    answer: TaskView,
    failures: [413, 507],
  },
  browse: {
    method: "POST",
    path: "/v1/views",
    summary: "Shows a page of the web live, in a browser in a micro-VM of its own",
    body: ViewStart,
    status: 202,
    answer: TaskView,
    failures: [507],
  },
  view: {
    method: "POST",
    path: "/v1/views/document",
    summary: "Shows a document live, in a micro-VM of its own",
    query: v.object({
      name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
      clipboard: ViewStart.entries.clipboard,
    }),
    body: "bytes",
    status: 202,
    answer: TaskView,
    failures: [413, 507],
  },
  picture: {
    method: "GET",
    path: "/v1/tasks/{id}/picture",
    summary: "A small picture of a live view's screen; its pixels are the guest's",
    status: 200,
    answer: "image/png",
    failures: Id404,
  },
  reports: {
    method: "GET",
    path: "/v1/reports",
    summary: "Reports that are kept, newest first",
    query: v.object({ search: text, limit: v.optional(v.pipe(v.string(), v.regex(/^\d{1,4}$/))) }),
    status: 200,
    answer: v.array(ReportRow),
  },
  report: {
    method: "GET",
    path: "/v1/reports/{id}",
    summary: "A signed report",
    status: 200,
    answer: v.looseObject({}),
    failures: Id404,
  },
  reportPage: {
    method: "GET",
    path: "/v1/reports/{id}/html",
    summary: "A report as a page",
    status: 200,
    answer: "text/html",
    failures: Id404,
  },
} as const satisfies Record<string, Operation>;

/** Parameters of every path. */
export const PARAMETERS = v.object({ id: v.optional(Id) });
