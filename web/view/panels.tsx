import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ViewFile } from "../../src/contract/view-talk.ts";
import type { ViewModel } from "./model.ts";

export type PanelName = "paste" | "files" | "end";

interface Props {
  readonly model: ViewModel;
  readonly panel: PanelName | undefined;
  readonly onClose: () => void;
}

export function Panels({ model, panel, onClose }: Props): JSX.Element | null {
  if (model.stage.value === "ended" || model.isSilent.value) return null;
  if (model.copied.value !== undefined) return <CopiedPanel model={model} text={model.copied.value} />;
  switch (panel) {
    case "paste":
      return <PastePanel model={model} onClose={onClose} />;
    case "files":
      return <FilesPanel model={model} onClose={onClose} />;
    case "end":
      return <EndPanel model={model} onClose={onClose} />;
    case undefined:
      return null;
  }
}

interface PanelProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: JSX.Element | readonly (JSX.Element | null | false)[];
}

/** A dialog that leaves the screen seen; Escape closes it. */
function Panel({ title, onClose, children }: PanelProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.show();
    dialog.current?.querySelector<HTMLElement>("textarea, button")?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="panel"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

function PastePanel({ model, onClose }: Omit<Props, "panel">): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  return (
    <Panel title="Give text to the micro-VM" onClose={onClose}>
      <label>
        <span>Paste or type it here:</span>
        <textarea ref={field} rows={5} />
      </label>
      <p class="acts">
        <button
          type="button"
          class="main"
          onClick={() => {
            model.tell({ act: "paste", text: field.current?.value ?? "" });
            onClose();
          }}
        >
          Give it
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </p>
    </Panel>
  );
}

function CopiedPanel({ model, text }: { readonly model: ViewModel; readonly text: string }): JSX.Element {
  const close = (): void => {
    model.copied.value = undefined;
    model.screen?.focus();
  };
  return (
    <Panel title="Text from the micro-VM" onClose={close}>
      <label>
        <span>Your browser lets no page copy by itself here. Copy it by hand:</span>
        <textarea rows={5} readOnly value={text} />
      </label>
      <p class="acts">
        <button type="button" class="main" onClick={close}>
          Done
        </button>
      </p>
    </Panel>
  );
}

function FilesPanel({ model, onClose }: Omit<Props, "panel">): JSX.Element {
  const files = model.files.value;
  const about = model.about.value;
  const isSafe = about?.downloads === "safe";
  return (
    <Panel title="Files" onClose={onClose}>
      <p class="quiet">
        {isSafe ? "Safe copies go to " : "What you save goes to "}
        <b>{about?.directory}</b>
        {isSafe ? "." : ", marked as untrusted."}
      </p>
      {files === undefined || files.length === 0 ? (
        <p>{files === undefined ? "Looking …" : "Nothing was saved, downloaded or printed inside yet."}</p>
      ) : (
        <ul class="files">
          {files.map((file) => (
            <FileRow key={file.id} model={model} file={file} isSafe={isSafe || file.kind === "print"} />
          ))}
        </ul>
      )}
      {model.omitted.value > 0 && <p>… and {model.omitted.value} more</p>}
      <p class="acts">
        <button
          type="button"
          onClick={() => {
            model.tell({ act: "files" });
          }}
        >
          Look again
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </p>
    </Panel>
  );
}

interface RowProps {
  readonly model: ViewModel;
  readonly file: ViewFile;
  readonly isSafe: boolean;
}

function FileRow({ model, file, isSafe }: RowProps): JSX.Element {
  const save = (): void => {
    model.say(isSafe ? `Making a safe copy of ${file.name} …` : `Saving ${file.name} …`);
    model.tell({ act: "save", id: file.id });
  };
  return (
    <li>
      <span class="name">
        {file.kind === "print" ? "Printed " : ""}
        {file.name}
      </span>
      <span class="quiet">{file.saved === undefined ? sizeOf(file.bytes) : "saved"}</span>
      <button type="button" aria-label={`${isSafe ? "Safe copy of" : "Save"} ${file.name}`} onClick={save}>
        {isSafe ? "Safe copy" : "Save"}
      </button>
    </li>
  );
}

function EndPanel({ model, onClose }: Omit<Props, "panel">): JSX.Element {
  return (
    <Panel title="End it?" onClose={onClose}>
      <p>The micro-VM is destroyed, with all that was not saved.</p>
      <p class="acts">
        <button
          type="button"
          class="main end"
          onClick={() => {
            model.tell({ act: "end" });
            onClose();
          }}
        >
          End it
        </button>
        <button type="button" onClick={onClose}>
          Keep it
        </button>
      </p>
    </Panel>
  );
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}
