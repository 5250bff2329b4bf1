import type { Readable } from "node:stream";
import type { OpenResult } from "../contract/index.ts";
import { ask, type Door } from "./door.ts";
import type { NewsOf } from "./jobs.ts";
import type { Declined } from "./link.ts";
import type { CaptureJob, OpenJob, OpenManyJob } from "./portable.ts";

type Stage = NewsOf<"stage">["stage"];

interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/** As `Mayfly.open` takes it. */
export interface OpenAsk extends Omit<OpenJob, "path">, Signalled {
  readonly onStage?: ((stage: Stage) => void) | undefined;
  readonly onPage?: ((done: number, of: number | undefined) => void) | undefined;
}

/** As `Mayfly.openMany` takes it. */
export interface OpenManyAsk extends Omit<OpenManyJob, "paths">, Signalled {
  readonly onEvent?: ((event: BatchHappening) => void) | undefined;
}

/** As `Mayfly.capture` takes it. */
export interface CaptureAsk extends Omit<CaptureJob, "address">, Signalled {
  readonly onStage?: ((stage: Stage) => void) | undefined;
}

type BatchHappening = { readonly index: number; readonly source: string } & (
  | { readonly kind: "begun" }
  | { readonly kind: "page"; readonly done: number; readonly of: number | undefined }
  | { readonly kind: "ended"; readonly result: OpenResult }
);

/** Opens a document by the daemon. @throws as `ask`; E_DAEMON where the daemon ends meanwhile */
export async function openByDaemon(
  door: Door,
  source: string | Readable,
  { signal, onStage, onPage, ...choices }: OpenAsk,
): Promise<OpenResult | Declined> {
  const path = typeof source === "string" ? source : undefined;
  const link = await ask({ kind: "open", path, ...choices }, door);
  if ("declined" in link) return link;
  const result = await link.begin({
    stdin: typeof source === "string" ? undefined : source,
    signal,
    onNews: (news) => {
      if (news.news === "stage") onStage?.(news.stage);
      else if (news.news === "page") onPage?.(news.done, news.of);
    },
  });
  return path === undefined ? (result as OpenResult) : named(result as OpenResult, path);
}

/** Opens many, as `openByDaemon`. @throws E_USAGE for `jobs` besides */
export async function openManyByDaemon(
  door: Door,
  paths: readonly string[],
  { signal, onEvent, ...choices }: OpenManyAsk,
): Promise<readonly OpenResult[] | Declined> {
  const link = await ask({ kind: "open-many", paths, ...choices }, door);
  if ("declined" in link) return link;
  const results: OpenResult[] = [];
  await link.begin({
    signal,
    onNews: (news) => {
      if (news.news !== "begun" && news.news !== "page" && news.news !== "opened") return;
      const { index } = news;
      const source = paths[index];
      if (source === undefined) return;
      if (news.news === "begun") onEvent?.({ kind: "begun", index, source });
      else if (news.news === "page") onEvent?.({ kind: "page", index, source, done: news.done, of: news.of });
      else {
        const result = named(news.result as unknown as OpenResult, source);
        results[index] = result;
        onEvent?.({ kind: "ended", index, source, result });
      }
    },
  });
  return results;
}

/** Captures a page by the daemon, as `openByDaemon`. */
export async function captureByDaemon(
  door: Door,
  address: string,
  { signal, onStage, ...choices }: CaptureAsk,
): Promise<OpenResult | Declined> {
  const link = await ask({ kind: "capture", address, ...choices }, door);
  if ("declined" in link) return link;
  const result = await link.begin({
    signal,
    onNews: (news) => {
      if (news.news === "stage") onStage?.(news.stage);
    },
  });
  return result as OpenResult;
}

/** The document as it was named here, not as the daemon was told of it. */
function named(result: OpenResult, source: string): OpenResult {
  return { ...result, source };
}
