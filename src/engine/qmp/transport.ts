import type { Duplex } from "node:stream";
import { MIB, MayflyError, asUntrusted, type Untrusted } from "../../foundation/index.ts";

/** A QMP line longer than this ends the connection; QEMU's longest honest replies are a few KiB. */
const LONGEST_LINE = MIB;

interface LineListener {
  onLine(line: Untrusted<string>): void;
  /** Called once. `reason` is undefined where the other side simply closed. */
  onClose(reason: MayflyError | undefined): void;
}

/** Bytes to lines and back. A guest that has taken QEMU over can write here, so lines are untrusted and bounded. */
export class QmpTransport {
  readonly #socket: Duplex;
  #partial = "";

  constructor(socket: Duplex, listener: LineListener) {
    this.#socket = socket;
    let closed = false;
    const close = (reason?: MayflyError): void => {
      if (closed) return;
      closed = true;
      listener.onClose(reason);
    };
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const lines = (this.#partial + chunk).split("\n");
      this.#partial = lines.pop() ?? "";
      for (const line of lines) if (!closed && line.trim() !== "") listener.onLine(asUntrusted(line));
      if (this.#partial.length > LONGEST_LINE) {
        socket.destroy();
        close(
          new MayflyError(
            "E_ENGINE_PROTOCOL",
            `QEMU sent a control line of more than ${LONGEST_LINE} characters`,
          ),
        );
      }
    });
    socket.once("close", () => {
      close();
    });
    socket.once("end", () => {
      close();
    });
  }

  send(message: object): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }
}
