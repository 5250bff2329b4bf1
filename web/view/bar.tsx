import type { JSX } from "preact";
import { GlassKeyboard } from "./glass-keyboard.tsx";
import type { ViewModel } from "./model.ts";
import type { PanelName } from "./panels.tsx";

interface Props {
  readonly model: ViewModel;
  readonly panel: PanelName | undefined;
  readonly onPanel: (panel: PanelName | undefined) => void;
}

/** What is shown, what holds it, and what a person may do with it as the policy says. */
export function Bar({ model, panel, onPanel }: Props): JSX.Element {
  const about = model.about.value;
  const isLive = model.stage.value !== "ended" && model.stage.value !== "ending" && !model.isSilent.value;
  const toggle = (name: PanelName): void => {
    onPanel(panel === name ? undefined : name);
  };
  return (
    <>
      <h1 title={about?.name}>{about?.name ?? "Mayfly"}</h1>
      <Isolation model={model} />
      <Connected model={model} />
      <span class="room" />
      {isLive && <Acts model={model} panel={panel} toggle={toggle} />}
    </>
  );
}

interface ActsProps {
  readonly model: ViewModel;
  readonly panel: PanelName | undefined;
  readonly toggle: (name: PanelName) => void;
}

function Acts({ model, panel, toggle }: ActsProps): JSX.Element {
  const about = model.about.value;
  const may = (direction: string): boolean => about?.clipboard === direction || about?.clipboard === "both";
  const hasFiles = about !== undefined && (about.downloads !== "none" || about.printing !== "none");
  const look = (): void => {
    model.tell({ act: "files" });
    toggle("files");
  };
  const end = (): void => {
    toggle("end");
  };
  return (
    <>
      {may("to-guest") && <PasteIn model={model} toggle={toggle} />}
      {may("from-guest") && <CopyOut model={model} />}
      {hasFiles && (
        <button type="button" aria-expanded={panel === "files"} onClick={look}>
          Files
        </button>
      )}
      <GlassKeyboard model={model} />
      <button type="button" class="end" aria-expanded={panel === "end"} onClick={end}>
        End
      </button>
    </>
  );
}

function PasteIn({ model, toggle }: Pick<ActsProps, "model" | "toggle">): JSX.Element {
  const paste = (): void => {
    navigator.clipboard.readText().then(
      (text) => {
        if (text === "") toggle("paste");
        else model.tell({ act: "paste", text });
        model.screen?.focus();
      },
      () => {
        toggle("paste"); // the browser gives it by hand only
      },
    );
  };
  return (
    <button type="button" onClick={paste}>
      Paste in
    </button>
  );
}

function CopyOut({ model }: { readonly model: ViewModel }): JSX.Element {
  const hasText = model.hasText.value;
  const copy = (): void => {
    model.tell({ act: "copy" });
  };
  return (
    <button
      type="button"
      disabled={!hasText}
      title={hasText ? "Copies what was copied inside" : "Nothing was copied inside yet"}
      onClick={copy}
    >
      Copy out
    </button>
  );
}

function Isolation({ model }: { readonly model: ViewModel }): JSX.Element | null {
  const machine = model.machine.value;
  if (machine === undefined) return null;
  const words = machine.isHardware ? "Held by the processor" : "Emulated";
  const more = machine.isHardware
    ? `Micro-VM ${machine.id}: the processor's virtualization holds it.`
    : `Micro-VM ${machine.id}: emulated, so no hardware isolation. ${machine.reason}`;
  return (
    <span class={machine.isHardware ? "badge good" : "badge fair"} title={more}>
      {words}
      <span class="unseen">. {more}</span>
    </span>
  );
}

function Connected({ model }: { readonly model: ViewModel }): JSX.Element {
  const isConnected = model.isConnected.value;
  const stage = model.stage.value;
  const words =
    stage === "ended"
      ? "Ended"
      : stage === "ending"
        ? "Ending …"
        : !isConnected
          ? "Reconnecting …"
          : { starting: "Starting …", opening: "Opening …", shown: "Live" }[stage];
  return (
    <span class={`state ${isConnected ? stage : "lost"}`} role="status">
      <span class="dot" aria-hidden="true" />
      {words}
      {model.isBounded.value && stage === "shown" && (
        <span title="At most 4096 × 4096 pixels"> (scaled)</span>
      )}
    </span>
  );
}
