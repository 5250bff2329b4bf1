import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ReportRow } from "../../src/contract/api/index.ts";
import { api } from "./api.ts";
import { when } from "./format.ts";
import { act, tasks } from "./state.ts";

const rows = signal<readonly ReportRow[] | undefined>(undefined);
const search = signal("");

/** Reports that are kept: also of tasks of the command line, and of earlier daemons. */
export function History(): JSX.Element {
  const ended = tasks.value.filter(({ state }) => state === "ended").length;
  useEffect(() => {
    const asked = search.value;
    const timer = setTimeout(() => {
      act(async () => {
        const found = await api.reports(asked);
        if (asked === search.value) rows.value = found;
      });
    }, 150);
    return () => {
      clearTimeout(timer);
    };
  }, [search.value, ended]);
  return (
    <>
      <div class="heading">
        <h1>History</h1>
        <label class="search">
          <span class="unseen">Search reports</span>
          <input
            type="search"
            placeholder="Search: a name, a host, a hash"
            value={search.value}
            onInput={({ currentTarget }) => (search.value = currentTarget.value)}
          />
        </label>
      </div>
      <Found found={rows.value} />
    </>
  );
}

function Found({ found }: { readonly found: readonly ReportRow[] | undefined }): JSX.Element {
  if (found === undefined) return <p class="empty">Looking …</p>;
  if (found.length === 0)
    return <p class="empty">No report {search.value === "" ? "is kept yet" : "has that in it"}.</p>;
  return (
    <ul class="rows">
      {found.map((row) => (
        <li key={row.id}>
          <span class={`dot ${row.exitCode === 0 ? "good" : "bad"}`} aria-hidden="true" />
          <span class="what">
            <span>{row.title}</span>
            <small>
              {row.outcome} · {row.profile} · {when(row.startedAt)} ·{" "}
              {row.gone ? "proved gone" : "not proved gone"}
            </small>
            {row.gravest !== null && <small class="finding">{row.gravest}</small>}
          </span>
          <span class="links">
            <a class="button" href={api.reportUrl(row.id)} target="_blank" rel="noopener noreferrer">
              Report<span class="unseen"> {row.id}</span>
            </a>
          </span>
        </li>
      ))}
    </ul>
  );
}
