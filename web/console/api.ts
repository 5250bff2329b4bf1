import type {
  Daemon,
  FileEntry,
  Happening,
  Profile,
  ReportRow,
  TaskView,
  ViewStart,
} from "../../src/contract/api/index.ts";
import type { Clipboard } from "./clipboard-choice.tsx";

/** What the daemon offers to its own page; the page lies one level below it. */
const BASE = new URL("../v1/", location.href);

/** A failure as the daemon tells it: what failed, and what to do. */
export class Failed extends Error {
  readonly next: string | null;

  constructor(message: string, next: string | null) {
    super(message);
    this.next = next;
  }
}

async function ask(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, BASE), init);
  } catch {
    throw new Failed("Mayfly does not answer", "If it was ended, run `mayfly up` and follow its link.");
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as {
    error?: { message: string; next: string | null };
  };
  throw new Failed(body.error?.message ?? `Refused (${response.status})`, body.error?.next ?? null);
}

async function askJson<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await ask(path, init)).json()) as T;
}

export const api = {
  daemon: async (): Promise<Daemon> => await askJson<Daemon>("daemon"),
  profiles: async (): Promise<Profile[]> => await askJson<Profile[]>("profiles"),
  endVm: async (id: string): Promise<Response> =>
    await ask(`vms/${encodeURIComponent(id)}`, { method: "DELETE" }),
  endTask: async (id: string): Promise<Response> =>
    await ask(`tasks/${encodeURIComponent(id)}`, { method: "DELETE" }),
  files: async (id: string): Promise<FileEntry[]> =>
    await askJson<FileEntry[]>(`tasks/${encodeURIComponent(id)}/files`),
  openDocument: async (file: File): Promise<TaskView> =>
    await askJson<TaskView>(`documents?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: file,
    }),
  viewDocument: async (file: File, clipboard: Clipboard): Promise<TaskView> =>
    await askJson<TaskView>(`views/document?name=${encodeURIComponent(file.name)}&clipboard=${clipboard}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: file,
    }),
  browse: async (start: ViewStart): Promise<TaskView> =>
    await askJson<TaskView>("views", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(start),
    }),
  startShell: async (profile: string): Promise<TaskView> =>
    await askJson<TaskView>("tasks", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ profile, command: ["sh"], terminal: true, limits: { timeMs: 8 * 3_600_000 } }),
    }),
  reports: async (search: string): Promise<ReportRow[]> =>
    await askJson<ReportRow[]>(`reports?limit=100&search=${encodeURIComponent(search)}`),
  fileUrl: (id: string, path: string): string =>
    new URL(`tasks/${id}/file?path=${encodeURIComponent(path)}`, BASE).href,
  copyUrl: (id: string, path: string): string =>
    new URL(`tasks/${id}/copy?path=${encodeURIComponent(path)}`, BASE).href,
  /** @param look number of the look, so that each is a new picture */
  pictureUrl: (id: string, look: number): string => new URL(`tasks/${id}/picture?${look}`, BASE).href,
  screenUrl: (id: string): string => new URL(`../view/?id=${encodeURIComponent(id)}`, BASE).href,
  reportUrl: (id: string): string => new URL(`reports/${encodeURIComponent(id)}/html`, BASE).href,
};

function socket(path: string): WebSocket {
  const url = new URL(path, BASE);
  url.protocol = "ws:";
  return new WebSocket(url);
}

/** Follows what happens until `stop`; comes back by itself where the connection is lost. */
export function follow(
  task: string | undefined,
  { hear, lost }: { readonly hear: (happening: Happening) => void; readonly lost: (isLost: boolean) => void },
): () => void {
  let current: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const open = (): void => {
    current = socket(`events${task === undefined ? "" : `?task=${encodeURIComponent(task)}`}`);
    current.onopen = () => {
      lost(false);
    };
    current.onmessage = ({ data }: MessageEvent<string>) => {
      hear(JSON.parse(data) as Happening);
    };
    current.onclose = () => {
      if (isOver) return;
      lost(true);
      timer = setTimeout(open, 2000);
    };
  };
  open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    current?.close();
  };
}

export function terminalSocket(id: string): WebSocket {
  const opened = socket(`tasks/${encodeURIComponent(id)}/terminal`);
  opened.binaryType = "arraybuffer";
  return opened;
}
