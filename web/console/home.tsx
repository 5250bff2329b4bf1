import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { TaskView, VmView } from "../../src/contract/api/index.ts";
import { api } from "./api.ts";
import { DropZone } from "./drop-zone.tsx";
import { age, bytes, isolationWords, when } from "./format.ts";
import { LinkForm } from "./link-form.tsx";
import { Picture, ScreenLink } from "./screen.tsx";
import { act, loadOf, now, noteStarted, tasks, vms } from "./state.ts";

const MOST_RECENT = 8;

export function Home(): JSX.Element {
  const busy = vms.value.filter(({ kind }) => kind !== "standby");
  const ready = vms.value.filter(({ kind }) => kind === "standby");
  const ended = tasks.value.filter(({ state }) => state === "ended").slice(0, MOST_RECENT);
  const waiting = tasks.value.filter(({ state, vm }) => state === "preparing" && vm === null);
  return (
    <>
      <h1 class="unseen">Now</h1>
      <DropZone />
      <LinkForm />
      <section aria-labelledby="running">
        <div class="heading">
          <h2 id="running">
            Running <span class="count">{busy.length + waiting.length}</span>
          </h2>
          <StartShell />
        </div>
        {busy.length + waiting.length === 0 ? (
          <p class="empty">
            Nothing runs. Each thing that you open gets a micro-VM of its own, which is destroyed when it
            ends.
          </p>
        ) : (
          <ul class="cards">
            {waiting.map((task) => (
              <Waiting key={task.id} task={task} />
            ))}
            {busy.map((vm) => (
              <Card key={vm.id} vm={vm} task={tasks.value.find(({ id }) => id === vm.task)} />
            ))}
          </ul>
        )}
        <Ready vms={ready} />
      </section>
      {ended.length > 0 && (
        <section aria-labelledby="recent">
          <div class="heading">
            <h2 id="recent">Just ended</h2>
          </div>
          <ul class="rows">
            {ended.map((task) => (
              <Ended key={task.id} task={task} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

const isStarting = signal(false);

function StartShell(): JSX.Element {
  const start = async (): Promise<void> => {
    isStarting.value = true;
    try {
      const task = await api.startShell("base");
      noteStarted(task);
      location.hash = `#/task/${task.id}`;
    } finally {
      isStarting.value = false;
    }
  };
  return (
    <button
      type="button"
      disabled={isStarting.value}
      onClick={() => {
        act(start);
      }}
    >
      New terminal
    </button>
  );
}

/** How many wait, in one line: they are nothing that a person works with. */
function Ready({ vms: ready }: { readonly vms: readonly VmView[] }): JSX.Element | null {
  if (ready.length === 0) return null;
  const profiles = [...new Set(ready.map(({ profile }) => profile))];
  const parts = profiles.map((name) => `${ready.filter(({ profile }) => profile === name).length} ${name}`);
  const memory = ready.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
  return (
    <p class="quiet">
      Kept ready: {parts.join(", ")} · {bytes(memory)} in all
    </p>
  );
}

function Waiting({ task }: { readonly task: TaskView }): JSX.Element {
  return (
    <li class="card">
      <a class="title" href={`#/task/${task.id}`}>
        {task.title}
      </a>
      <p class="step">
        <span class="spinner" aria-hidden="true" /> {task.step === "" ? "Getting a micro-VM" : task.step}
      </p>
    </li>
  );
}

function Card({ vm, task }: { readonly vm: VmView; readonly task: TaskView | undefined }): JSX.Element {
  const end = async (): Promise<unknown> =>
    await (task === undefined ? api.endVm(vm.id) : api.endTask(task.id));
  const title = task?.title ?? vm.label;
  return (
    <li class="card">
      {task === undefined ? (
        <span class="title">{title}</span>
      ) : (
        <a class="title" href={`#/task/${task.id}`}>
          {title}
        </a>
      )}
      {task !== undefined && task.step !== "" && <p class="step">{task.step}</p>}
      {task?.kind === "view" && <Picture task={task} />}
      <p class={`pill ${vm.isolation ?? ""}`}>{isolationWords(vm.isolation)}</p>
      <Figures vm={vm} />
      {task?.kind === "view" && <ScreenLink task={task} />}
      <button
        type="button"
        class="end"
        aria-label={`End ${title}`}
        onClick={() => {
          act(end);
        }}
      >
        End
      </button>
    </li>
  );
}

function Figures({ vm }: { readonly vm: VmView }): JSX.Element {
  const load = loadOf(vm.id);
  return (
    <dl>
      <div>
        <dt>Memory</dt>
        <dd>{vm.memoryBytes === null ? "–" : bytes(vm.memoryBytes)}</dd>
      </div>
      <div>
        <dt>Processor</dt>
        <dd>{load === undefined ? "–" : `${Math.round(load * 100)} %`}</dd>
      </div>
      <div>
        <dt>Age</dt>
        <dd>{age(vm.since, now.value)}</dd>
      </div>
      <div>
        <dt>Kind</dt>
        <dd>{vm.kind === "template" ? "template" : vm.profile}</dd>
      </div>
    </dl>
  );
}

function Ended({ task }: { readonly task: TaskView }): JSX.Element {
  const isGood = task.exitCode === 0;
  return (
    <li>
      <span class={`dot ${isGood ? "good" : "bad"}`} aria-hidden="true" />
      <span class="what">
        <a href={`#/task/${task.id}`}>{task.title}</a>
        <small>
          {task.outcome} · {when(task.ended ?? task.since)}
        </small>
      </span>
      <span class="links">
        {task.copies.map(({ path, bytes: size }) => (
          <a key={path} class="button strong" href={api.copyUrl(task.id, path)} download={path}>
            Save {path} <small>{bytes(size)}</small>
          </a>
        ))}
        {task.report !== null && (
          <a class="button" href={api.reportUrl(task.report)} target="_blank" rel="noopener noreferrer">
            Report<span class="unseen"> of {task.title}</span>
          </a>
        )}
      </span>
    </li>
  );
}
