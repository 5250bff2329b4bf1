import type { Readable } from "node:stream";
import { PUT, PUT_MAKE_PARENTS, RESET, violation } from "../contract/agent/index.ts";
import { deferred, isMayflyError, MayflyError } from "../foundation/index.ts";
import { guestError, guestReset, type Asked } from "./guest-error.ts";
import { feed } from "./node-streams.ts";
import type { StreamMessage } from "./multiplexer.ts";
import { SendWindow } from "./send-window.ts";
import type { StreamOwner } from "./stream-owner.ts";

export interface NewGuestFile {
  /** Absolute in the guest. */
  readonly path: string;
  /** Permission bits, 0 … 0o7777. */
  readonly mode: number;
  /** User name in the guest; `""` is root. */
  readonly owner: string;
  /** Make missing parent directories. */
  readonly makeParents?: boolean | undefined;
}

/** Writes a file in the guest, whole or not at all. */
export async function put(
  owner: StreamOwner,
  file: NewGuestFile,
  content: Readable | Uint8Array,
): Promise<void> {
  const asked: Asked = { about: "file", what: `write ${file.path}` };
  const answer = deferred<undefined>();
  let open = true;
  const settle = (failure?: MayflyError): void => {
    open = false;
    owner.close(stream);
    window.close(failure ?? new MayflyError("E_CLOSED", "The file is complete."));
    if (!(content instanceof Uint8Array)) content.destroy();
    if (failure === undefined) answer.resolve(undefined);
    else answer.reject(failure);
  };
  const receive = (message: StreamMessage): void => {
    if (message.type === "CREDIT") window.grant(message.body.bytes);
    else if (message.type === "OK" && window.isEnded) settle();
    else if (message.type === "ERROR") settle(guestError(message, asked));
    else if (message.type === "RESET") settle(guestReset(message.body.code, asked));
    else throw violation(`${message.type} where a file is being written`);
  };
  const stream = owner.open({ receive, fail: settle });
  const window = new SendWindow(owner, stream);
  owner.begin([stream], () => encodePut(stream, file));
  if (content instanceof Uint8Array) {
    window.write(content, () => undefined);
    window.end();
  } else {
    feed(content, window).then(
      () => {
        window.end();
      },
      (cause: unknown) => {
        if (!open) return;
        owner.send(RESET.encode(stream, { code: 0 }));
        settle(unreadable(file, cause));
      },
    );
  }
  await answer.promise;
}

function encodePut(stream: number, { path, mode, owner, makeParents }: NewGuestFile): Uint8Array {
  return PUT.encode(stream, { path, mode, owner, flags: makeParents === true ? PUT_MAKE_PARENTS : 0 });
}

function unreadable(file: NewGuestFile, cause: unknown): MayflyError {
  if (isMayflyError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MayflyError("E_INPUT_UNREADABLE", `What was to be ${file.path} in the guest: ${reason}`, {
    cause,
  });
}
