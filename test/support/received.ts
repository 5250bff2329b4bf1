import { once } from "node:events";
import type { Duplex } from "node:stream";

/** All that comes until the other end has ended its direction. Unlike `stream/consumers`, leaves the stream as it is. */
export async function received(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(stream, "end");
  return Buffer.concat(chunks);
}
