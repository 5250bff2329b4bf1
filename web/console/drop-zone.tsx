import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { api } from "./api.ts";
import { ClipboardChoice, type Clipboard } from "./clipboard-choice.tsx";
import { openScreen } from "./screen.tsx";
import { act, noteStarted } from "./state.ts";

const isOver = signal(false);
const sending = signal(0);
/** What a document that comes is for: a safe copy, or to be looked at and worked on. */
const isLive = signal(false);
const clipboard = signal<Clipboard>("none");

/** Each file becomes a task of its own. */
function openAll(files: Iterable<File>): void {
  for (const file of files) {
    sending.value += 1;
    act(async () => {
      try {
        const direction = clipboard.value;
        if (isLive.value) await openScreen(async () => await api.viewDocument(file, direction));
        else noteStarted(await api.openDocument(file));
      } finally {
        sending.value -= 1;
      }
    });
  }
}

function Purpose(): JSX.Element {
  const choices = [
    { live: false, words: "Safe copy" },
    { live: true, words: "Show it live" },
  ];
  return (
    <fieldset class="purpose">
      <legend class="unseen">What to do with it</legend>
      {choices.map(({ live, words }) => (
        <label key={words}>
          <input
            type="radio"
            name="purpose"
            checked={isLive.value === live}
            onChange={() => {
              isLive.value = live;
            }}
          />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

/** Takes files that are dropped anywhere on the page, or chosen. */
export function DropZone(): JSX.Element {
  const chooser = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      isOver.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      isOver.value = false;
      openAll(event.dataTransfer?.files ?? []);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return (
    <section class={`drop ${isOver.value ? "over" : ""}`} aria-label="Open a document">
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <path d="M14 6h14l8 8v28H14zM28 6v8h8M24 35V21m-6 6 6-6 6 6" />
      </svg>
      <div>
        <p class="lead">Drop a document that you do not trust</p>
        <p class="quiet">
          {isLive.value
            ? "It is shown live, in LibreOffice in a micro-VM of its own. What you save comes out as a safe copy."
            : "It is opened in a micro-VM of its own. You get a safe copy: what it shows, and nothing that could run."}
        </p>
        <Purpose />
        {isLive.value && <ClipboardChoice direction={clipboard} />}
      </div>
      <input
        ref={chooser}
        class="unseen"
        id="file"
        type="file"
        multiple
        onChange={({ currentTarget }) => {
          openAll(currentTarget.files ?? []);
          currentTarget.value = "";
        }}
      />
      <label class="button strong" for="file">
        {sending.value > 0 ? "Handing over …" : "Choose a file"}
      </label>
    </section>
  );
}
