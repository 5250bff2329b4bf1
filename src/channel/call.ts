import { violation } from "../contract/agent/index.ts";
import { deferred, type MayflyError } from "../foundation/index.ts";
import { guestError, guestReset, type Asked } from "./guest-error.ts";
import type { StreamHandler, StreamMessage } from "./multiplexer.ts";
import type { StreamOwner } from "./stream-owner.ts";

/** A message that one OK or ERROR answers. `request` encodes it for the stream that it gets. */
export async function call(
  owner: StreamOwner,
  asked: Asked,
  request: (stream: number) => Uint8Array,
): Promise<void> {
  const answer = deferred<undefined>();
  const handler: StreamHandler = {
    receive(message: StreamMessage) {
      if (message.type === "OK") answer.resolve(undefined);
      else if (message.type === "ERROR") answer.reject(guestError(message, asked));
      else if (message.type === "RESET") answer.reject(guestReset(message.body.code, asked));
      else throw violation(`${message.type} where a call waits for its answer`);
      owner.close(message.stream); // last: a stream that is closed is no longer told of the connection's end
    },
    fail: (reason: MayflyError) => {
      answer.reject(reason);
    },
  };
  const stream = owner.open(handler);
  owner.begin([stream], () => request(stream));
  await answer.promise;
}
