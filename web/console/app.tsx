import type { JSX } from "preact";
import { History } from "./history.tsx";
import { Home } from "./home.tsx";
import { isLost, notice, route } from "./state.ts";
import { TaskPage } from "./task-page.tsx";

export function App(): JSX.Element {
  const here = route.value;
  const task = /^#\/task\/([a-z0-9]+)$/.exec(here)?.[1];
  const isHistory = here === "#/history";
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="bar">
        <a class="brand" href="#/" aria-label="Mayfly, home">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M16 26V9M16 11C11 4 5 5 4 8s4 6 12 5m0-2c5-7 11-6 12-3s-4 6-12 5m0 1c-5 0-9 3-8 6s5 1 8-4m0-2c5 0 9 3 8 6s-5 1-8-4" />
          </svg>
          Mayfly
        </a>
        <nav aria-label="Pages">
          <a href="#/" aria-current={!isHistory && task === undefined ? "page" : undefined}>
            Now
          </a>
          <a href="#/history" aria-current={isHistory ? "page" : undefined}>
            History
          </a>
        </nav>
      </header>
      <div role="status" class="status">
        {isLost.value && (
          <p class="notice bad">
            Mayfly does not answer. If it was ended, run “mayfly up” and follow its link.
          </p>
        )}
      </div>
      <Notice />
      <main id="main" tabIndex={-1}>
        {task !== undefined ? <TaskPage key={task} id={task} /> : isHistory ? <History /> : <Home />}
      </main>
    </>
  );
}

function Notice(): JSX.Element {
  const told = notice.value;
  return (
    <div role="alert">
      {told !== undefined && (
        <p class="notice bad">
          <span>
            {told.text}
            {told.next !== null && <small>{told.next}</small>}
          </span>
          <button type="button" onClick={() => (notice.value = undefined)}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}
