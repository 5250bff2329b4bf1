import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ViewModel } from "./model.ts";

const NOTICE_MS = 8_000;

/** What lies over the screen: that it is still coming, that it has ended, a link to elsewhere, a notice. */
export function Veil({ model }: { readonly model: ViewModel }): JSX.Element {
  const stage = model.stage.value;
  const isSilent = model.isSilent.value && stage !== "ended";
  return (
    <>
      {isSilent && (
        <div class="veil" role="alert">
          <h2>Mayfly does not answer</h2>
          <p>If it has ended, the micro-VM ended with it, and what was not saved is gone.</p>
          <p class="quiet">If it answers again, this page goes on by itself.</p>
        </div>
      )}
      {stage === "starting" && !isSilent && (
        <div class="veil">
          <p>Starting a micro-VM for it …</p>
        </div>
      )}
      {stage === "ended" && (
        <div class="veil">
          <h2>Ended</h2>
          <p>{model.farewell.value}</p>
          <p class="quiet">You can close this tab.</p>
        </div>
      )}
      <div class="toasts">
        <Elsewhere model={model} />
        <Notice model={model} />
      </div>
    </>
  );
}

function Elsewhere({ model }: { readonly model: ViewModel }): JSX.Element | null {
  const link = model.elsewhere.value;
  if (link === undefined || model.stage.value === "ended" || model.isSilent.value) return null;
  return (
    <div class="toast" role="status">
      <p>
        This link leads to another site: <b>{link.url}</b>
      </p>
      <button
        type="button"
        onClick={() => {
          model.tell({ act: "elsewhere", number: link.number });
        }}
      >
        Open in a micro-VM of its own
      </button>
      <button
        type="button"
        onClick={() => {
          model.elsewhere.value = undefined;
        }}
      >
        Leave it
      </button>
    </div>
  );
}

function Notice({ model }: { readonly model: ViewModel }): JSX.Element {
  const notice = model.notice.value;
  useEffect(() => {
    if (notice === undefined || notice.isBad) return undefined;
    const timer = setTimeout(() => {
      model.notice.value = undefined;
    }, NOTICE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [notice]);
  return (
    <div aria-live="polite">
      {notice !== undefined && (
        <div class={notice.isBad ? "toast bad" : "toast"}>
          <p>{notice.text}</p>
          <button
            type="button"
            onClick={() => {
              model.notice.value = undefined;
            }}
          >
            Close
          </button>
        </div>
      )}
    </div>
  );
}
