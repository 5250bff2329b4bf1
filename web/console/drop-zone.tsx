import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { api } from "./api.ts";
import { act, noteTask } from "./state.ts";

const isOver = signal(false);
const sending = signal(0);

/** Each file becomes a task of its own. */
function openAll(files: Iterable<File>): void {
  for (const file of files) {
    sending.value += 1;
    act(async () => {
      try {
        noteTask(await api.openDocument(file));
      } finally {
        sending.value -= 1;
      }
    });
  }
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
          It is opened in a micro-VM of its own. You get a safe copy: what it shows, and nothing that could
          run.
        </p>
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
