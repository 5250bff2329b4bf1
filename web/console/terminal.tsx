import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Xterm } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { terminalSocket } from "./api.ts";
import { withAdoptedStyles } from "./adopted-styles.ts";

/** How the daemon closes a socket of what it has no terminal of. */
const NOT_HERE = 4404;

/**
 * A task's terminal. What it shows is a guest's: no title is taken from it, no link can be followed, and it cannot reach
 * the clipboard (no addon for any of these is loaded).
 */
export function Terminal({ id }: { readonly id: string }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    return element === null ? undefined : connect(element, id);
  }, [id]);
  return (
    <section class="screen" aria-label="Terminal">
      <div ref={place} />
    </section>
  );
}

function connect(element: HTMLElement, id: string): () => void {
  const terminal = new Xterm({
    fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
    fontSize: 14,
    cursorBlink: false,
    screenReaderMode: true,
    linkHandler: { activate: () => undefined },
    theme: { background: "#101614", foreground: "#e6efec" },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withAdoptedStyles(() => {
    terminal.open(element);
  });
  const socket = terminalSocket(id);
  const encoder = new TextEncoder();
  const resize = (): void => {
    fit.fit();
    if (socket.readyState === WebSocket.OPEN)
      socket.send(JSON.stringify({ rows: terminal.rows, columns: terminal.cols }));
  };
  socket.onopen = () => {
    resize();
    terminal.focus();
  };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    terminal.write(new Uint8Array(data));
  };
  socket.onclose = ({ code }) => {
    const why = code === NOT_HERE ? "its terminal is where it was started" : "ended";
    terminal.write(`\r\n\x1b[2m— ${why} —\x1b[0m\r\n`);
    terminal.options.disableStdin = true;
  };
  terminal.onData((text) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(encoder.encode(text));
  });
  const observer = new ResizeObserver(resize);
  observer.observe(element);
  return () => {
    observer.disconnect();
    socket.close();
    terminal.dispose();
  };
}
