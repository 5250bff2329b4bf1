import { LIST, ListingDecoder, RESET, violation } from "../contract/agent/index.ts";
import type { GuestEntry, ListingLimits } from "../contract/agent/index.ts";
import { deferred, formatSize, MayflyError, MIB, openUntrusted } from "../foundation/index.ts";
import { Allowance } from "./allowance.ts";
import { guestError, guestReset, type Asked } from "./guest-error.ts";
import type { StreamMessage } from "./multiplexer.ts";
import type { StreamOwner } from "./stream-owner.ts";

/** Records of one listing, in bytes: the longest paths in the largest number are too many to keep. */
const LISTING_BYTES = 64 * MIB;

/** Everything under `path` in the guest, parents before children, within the limits: the guest is held to them. */
export async function list(
  owner: StreamOwner,
  path: string,
  limits: ListingLimits,
): Promise<readonly GuestEntry[]> {
  const asked: Asked = { about: "file", what: `list ${path}` };
  const listed = deferred<readonly GuestEntry[]>();
  const decoder = new ListingDecoder(limits);
  const entries: GuestEntry[] = [];
  let bytes = 0;
  const fail = (reason: MayflyError): void => {
    owner.close(stream);
    listed.reject(reason);
  };
  const receive = (message: StreamMessage): void => {
    if (message.type === "DATA") {
      const { length } = openUntrusted(message.body.bytes);
      bytes += length;
      allowance.spend(length);
      for (const entry of decoder.read(message.body.bytes)) entries.push(entry);
      if (bytes > LISTING_BYTES) giveUp();
      else allowance.consumed(length);
    } else if (message.type === "END") {
      decoder.end();
      owner.close(stream);
      listed.resolve(entries);
    } else if (message.type === "ERROR") {
      fail(guestError(message, asked));
    } else if (message.type === "RESET") {
      fail(guestReset(message.body.code, asked));
    } else {
      throw violation(`${message.type} where a listing is sent`);
    }
  };
  const giveUp = (): void => {
    owner.send(RESET.encode(stream, { code: 0 }));
    fail(new MayflyError("E_LIMIT", `The listing of ${path} is over ${formatSize(LISTING_BYTES)}.`));
  };
  const stream = owner.open({ receive, fail });
  const allowance = new Allowance(owner, stream);
  owner.begin([stream], () => LIST.encode(stream, { ...limits, path }));
  return await listed.promise;
}
