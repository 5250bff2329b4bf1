import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { TaskView } from "../../src/contract/api/index.ts";
import { api } from "./api.ts";
import { noteStarted } from "./state.ts";

/** How often a live view's picture is looked at. */
const LOOK_MS = 3000;

/**
 * Starts a view, in a tab of its own. The tab is opened while the person's click still counts, as browsers want it, and gets
 * its address when there is one.
 */
export async function openScreen(start: () => Promise<TaskView>): Promise<void> {
  const tab = window.open("about:blank", "_blank");
  try {
    const task = await start();
    noteStarted(task);
    if (tab !== null) tab.location.href = api.screenUrl(task.id);
  } catch (cause) {
    tab?.close();
    throw cause;
  }
}

/** What a live view shows, small: looked at now and then, while it is there and the page is seen. */
export function Picture({ task }: { readonly task: TaskView }): JSX.Element | null {
  const isShown = task.state === "running" && task.step === "";
  const look = useSignal(0);
  const isThere = useSignal(false);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) look.value += 1;
    }, LOOK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [task.id]);
  if (!isShown) return null;
  return (
    <a
      class="picture"
      href={api.screenUrl(task.id)}
      target="_blank"
      rel="noopener"
      tabIndex={-1}
      aria-hidden="true"
    >
      <img
        alt=""
        hidden={!isThere.value}
        src={api.pictureUrl(task.id, look.value)}
        onLoad={() => (isThere.value = true)}
        onError={() => (isThere.value = false)}
      />
    </a>
  );
}

export function ScreenLink({ task }: { readonly task: TaskView }): JSX.Element {
  return (
    <a class="button strong" href={api.screenUrl(task.id)} target="_blank" rel="noopener">
      Open its screen<span class="unseen"> of {task.title}</span>
    </a>
  );
}
