import type { Readable } from "node:stream";
import { GET, RESET, violation } from "../contract/agent/index.ts";
import type { MayflyError } from "../foundation/index.ts";
import { guestError, guestReset, type Asked } from "./guest-error.ts";
import type { StreamMessage } from "./multiplexer.ts";
import { readableOf } from "./node-streams.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { StreamOwner } from "./stream-owner.ts";

/** Reads a regular file of the guest. Destroying it tells the guest to stop. */
export function get(owner: StreamOwner, path: string): Readable {
  const asked: Asked = { about: "file", what: `read ${path}` };
  let open = true;
  const close = (): void => {
    open = false;
    owner.close(stream);
    window.close();
  };
  const fail = (reason: MayflyError): void => {
    close();
    readable.destroy(reason);
  };
  const receive = (message: StreamMessage): void => {
    if (message.type === "DATA") {
      window.accept(message.body.bytes);
    } else if (message.type === "END") {
      window.end();
      close();
    } else if (message.type === "ERROR") {
      fail(guestError(message, asked));
    } else if (message.type === "RESET") {
      fail(guestReset(message.body.code, asked));
    } else {
      throw violation(`${message.type} where a file is being read`);
    }
  };
  const stream = owner.open({ receive, fail });
  const window = new ReceiveWindow(owner, stream);
  const readable = readableOf(window, () => {
    if (!open) return;
    owner.send(RESET.encode(stream, { code: 0 }));
    close();
  });
  owner.begin([stream], () => GET.encode(stream, { path }));
  return readable;
}
