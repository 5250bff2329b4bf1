import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { pipeline, type Duplex } from "node:stream";
import {
  inspect,
  TaskAuthority,
  trustedRoots,
  type InspectionOptions,
} from "../../src/egress/inspect/index.ts";
import type { RequestWords } from "../../src/egress/http/index.ts";
import { duplexPair } from "../support/duplex-pair.ts";

/** All that was told of the streams that came through. */
export interface Told {
  readonly requests: RequestWords[];
  readonly statuses: number[];
  readonly faults: string[];
  readonly tls: { serverName: string | undefined; alpn: readonly string[] }[];
  readonly keys: string[];
  /** How each inspection ended. */
  readonly ends: Promise<void>[];
  /** Connections to the real server, open or not. */
  readonly dialled: Duplex[];
}

export interface Door {
  readonly port: number;
  readonly told: Told;
  close(): Promise<void>;
}

/** A port on loopback behind which every connection is inspected on its way to `real`, as a guest's stream is. */
export async function openDoor(
  real: number,
  options: Partial<InspectionOptions> & { tap?: (guest: Duplex) => Duplex } = {},
): Promise<Door> {
  const told: Told = { requests: [], statuses: [], faults: [], tls: [], keys: [], ends: [], dialled: [] };
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.setNoDelay());
    const [near, guest] = duplexPair();
    pipeline(socket, near, () => undefined);
    pipeline(near, socket, () => socket.destroy());
    near.on("error", () => undefined);
    socket.on("error", () => undefined);
    socket.on("close", () => near.destroy());
    const end = inspect({
      guest: options.tap?.(guest) ?? guest,
      target: { name: "real.example", port: 443 },
      dial: async () => {
        const dialled = connect({ port: real, host: "127.0.0.1", allowHalfOpen: true });
        told.dialled.push(dialled.setNoDelay());
        await once(dialled, "connect");
        return dialled;
      },
      onRequest: (_number, words) => told.requests.push(words),
      onResponse: (_number, status) => told.statuses.push(status),
      onFault: (why) => told.faults.push(why),
      onTls: (words) => told.tls.push(words),
      onKeyLog: (line) => told.keys.push(line),
      ...options,
    });
    end.catch(() => undefined);
    told.ends.push(end);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    told,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await Promise.allSettled(told.ends);
    },
  };
}

/** An authority for the real servers of a test, and who trusts it. */
export async function publicAuthority(): Promise<{
  identity: { cert: string; key: string };
  trust: ReturnType<typeof trustedRoots>;
}> {
  const authority = await TaskAuthority.create("public");
  const identity = await authority.identityOf("real.example");
  return { identity, trust: trustedRoots([authority.certificatePem]) };
}
