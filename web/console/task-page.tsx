import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import { useEffect } from "preact/hooks";
import type { FileEntry, Stream, TaskView } from "../../src/contract/api/index.ts";
import { api, follow } from "./api.ts";
import { age, bytes, isolationWords, when } from "./format.ts";
import { Picture, ScreenLink } from "./screen.tsx";
import { act, loadOf, now, tasks, vms } from "./state.ts";

const Terminal = lazy(async () => (await import("./terminal.tsx")).Terminal);
const MOST_DEEDS = 200;

interface Deed {
  readonly at: number;
  readonly text: string;
}

const streams = signal<readonly Stream[]>([]);
const deeds = signal<readonly Deed[]>([]);

export function TaskPage({ id }: { readonly id: string }): JSX.Element {
  const task = tasks.value.find((each) => each.id === id);
  useEffect(() => {
    streams.value = [];
    deeds.value = [];
    return follow(id, {
      hear(happening) {
        if (happening.type === "network") streams.value = happening.streams;
        if (happening.type === "witness") deeds.value = [...deeds.value, happening].slice(-MOST_DEEDS);
      },
      lost: () => undefined,
    });
  }, [id]);
  if (task === undefined)
    return (
      <>
        <h1>Not here</h1>
        <p class="empty">
          This Mayfly has no such task (any more). <a href="#/history">Its report</a> may be kept.
        </p>
      </>
    );
  const isOver = task.state === "ended";
  return (
    <>
      <div class="heading">
        <h1 class="name">{task.title}</h1>
        {!isOver && (
          <button
            type="button"
            class="end"
            onClick={() => {
              act(async () => await api.endTask(id));
            }}
          >
            End it
          </button>
        )}
      </div>
      <Facts task={task} />
      {task.kind === "terminal" && (
        <Suspense fallback={<p class="empty">Opening the terminal …</p>}>
          <Terminal id={id} />
        </Suspense>
      )}
      {!isOver && task.kind === "view" && (
        <section class="facts" aria-label="Its screen">
          <Picture task={task} />
          <ScreenLink task={task} />
        </section>
      )}
      {!isOver && task.vm !== null && task.kind !== "view" && <Outputs id={id} />}
      <Network />
      <Deeds />
    </>
  );
}

function Facts({ task }: { readonly task: TaskView }): JSX.Element {
  return (
    <section class="facts" aria-label="How it is">
      <p class={`pill ${task.isolation ?? ""}`}>
        {task.isolation === null && task.state === "ended" ? "No micro-VM" : isolationWords(task.isolation)}
      </p>
      <Progress task={task} />
      {task.warnings.map((warning) => (
        <p key={warning} class="finding">
          {warning}
        </p>
      ))}
      <p class="links">
        {task.copies.map(({ path, bytes: size }) => (
          <a key={path} class="button strong" href={api.copyUrl(task.id, path)} download={path}>
            Save {path} <small>{bytes(size)}</small>
          </a>
        ))}
        {task.report !== null && (
          <a class="button" href={api.reportUrl(task.report)} target="_blank" rel="noopener noreferrer">
            Report
          </a>
        )}
      </p>
    </section>
  );
}

/** How far it is, and what it takes of the machine now. */
function Progress({ task }: { readonly task: TaskView }): JSX.Element {
  const vm = vms.value.find((each) => each.id === task.vm);
  const load = vm && loadOf(vm.id);
  const memory = vm?.memoryBytes ?? undefined;
  if (task.state === "ended")
    return (
      <p class={task.exitCode === 0 ? "good" : "bad"}>
        {task.outcome} · {when(task.ended ?? task.since)}
      </p>
    );
  return (
    <p>
      {task.step === "" ? (task.state === "running" ? "Running" : "Getting a micro-VM") : task.step} ·{" "}
      {age(task.since, now.value)}
      {memory !== undefined && ` · ${bytes(memory)}`}
      {load !== undefined && ` · ${Math.round(load * 100)} % of a processor`}
    </p>
  );
}

/** Files in /out, looked at when asked for: a guest may have very many. */
function Outputs({ id }: { readonly id: string }): JSX.Element {
  const files = useSignal<readonly FileEntry[] | undefined>(undefined);
  const look = (): void => {
    act(async () => (files.value = await api.files(id)));
  };
  return (
    <section aria-labelledby="outputs">
      <div class="heading">
        <h2 id="outputs">Files in /out</h2>
        <button type="button" onClick={look}>
          {files.value === undefined ? "Look" : "Look again"}
        </button>
      </div>
      {files.value?.length === 0 && <p class="empty">None yet.</p>}
      {files.value !== undefined && files.value.length > 0 && (
        <ul class="rows">
          {files.value.map(({ path, bytes: size }) => (
            <li key={path}>
              <span class="what">
                <span>{path}</span>
                <small>{bytes(size)} · not a safe copy: it is as the guest made it</small>
              </span>
              <a class="button" href={api.fileUrl(id, path)} download={path.split("/").at(-1)}>
                Save<span class="unseen"> {path}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Network(): JSX.Element | null {
  if (streams.value.length === 0) return null;
  return (
    <section aria-labelledby="network">
      <div class="heading">
        <h2 id="network">Connections that it asked for</h2>
      </div>
      <ul class="rows" aria-live="polite">
        {streams.value.map((stream, index) => (
          <li key={index}>
            <span class={`dot ${stream.allowed ? "good" : "bad"}`} aria-hidden="true" />
            <span class="what">
              <span>{stream.target}</span>
              <small>
                {stream.allowed ? stream.end : "refused"}
                {stream.reason !== "" && `: ${stream.reason}`} · {bytes(stream.bytesOut)} out,{" "}
                {bytes(stream.bytesIn)} in
              </small>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Deeds(): JSX.Element | null {
  if (deeds.value.length === 0) return null;
  return (
    <section aria-labelledby="deeds">
      <div class="heading">
        <h2 id="deeds">What it does, says its guest</h2>
      </div>
      <ol class="deeds" tabIndex={0} aria-label="What it does">
        {deeds.value.map((deed, index) => (
          <li key={index}>
            <time>{(deed.at / 1000).toFixed(1)} s</time> {deed.text}
          </li>
        ))}
      </ol>
    </section>
  );
}
