import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Bar } from "./bar.tsx";
import { ViewModel } from "./model.ts";
import { Panels, type PanelName } from "./panels.tsx";
import { Veil } from "./veil.tsx";

interface Props {
  /** Address of the view's WebSocket, as http. */
  readonly socket: URL;
}

/** A live view: a slim bar, and the guest's screen below it. */
export function LiveView({ socket }: Props): JSX.Element {
  const target = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLElement>(null);
  const [model, setModel] = useState<ViewModel | undefined>(undefined);
  const [panel, setPanel] = useState<PanelName | undefined>(undefined);

  useEffect(() => {
    if (target.current === null) return undefined;
    const made = new ViewModel(socket, target.current);
    setModel(made);
    return () => {
      made.close();
    };
  }, [socket.href]);

  // The screen swallows every key, so one chord leads out of it.
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (!event.ctrlKey || !event.altKey || event.key !== "Home") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      model?.screen?.leave();
      bar.current?.querySelector("button")?.focus();
    };
    window.addEventListener("keydown", leave, { capture: true });
    return () => {
      window.removeEventListener("keydown", leave, { capture: true });
    };
  }, [model]);

  const close = (): void => {
    setPanel(undefined);
    model?.screen?.focus();
  };
  return (
    <div class="view">
      <header ref={bar}>{model && <Bar model={model} panel={panel} onPanel={setPanel} />}</header>
      <main>
        <div class="screen" ref={target} />
        {model && <Veil model={model} />}
        {model && <Panels model={model} panel={panel} onClose={close} />}
      </main>
    </div>
  );
}
