import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns, guestFrame, likelyFrame } from "../../test/support/agent-arbitraries.ts";
import { guestMessages, READY } from "../contract/agent/index.ts";
import { isMayflyError, MayflyError, within } from "../foundation/index.ts";
import { connectAgent, type AgentConnection } from "./index.ts";

/** Inputs made of one generated stream: as it is, and damaged. */
const VARIANTS = 10;
const OVER = new MayflyError("E_CLOSED", "the test is over");
/** Whatever a connection says of itself when the guest is at fault, and the reason that this test gives. */
const FAULTS = [
  ...(["E_GUEST_PROTOCOL", "E_GUEST_REFUSED", "E_CLOSED", "E_LIMIT"] as const),
  ...(["E_FILE_IN_GUEST", "E_COMMAND_NOT_FOUND", "E_COMMAND_NOT_EXECUTABLE"] as const),
];
const READY_FRAME = Buffer.from(READY.encode(0, { version: 1, kernel: "" }));

const frameLists = fc.oneof(
  fc.array(guestFrame, { maxLength: 12 }),
  fc.array(likelyFrame, { maxLength: 40 }), // gets further before it is found out
);

let inputs = 0;

/** One of `VARIANTS` ways to damage `bytes`, decided by `dice`. */
function damage(bytes: Buffer, variant: number, dice: number): Buffer {
  if (variant === 0 || bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const at = dice % bytes.length;
  if (variant <= 4) copy[at] = (dice >>> 8) & 0xff;
  else if (variant <= 6) copy[at] = (copy[at] ?? 0) ^ (1 << (dice >>> 29));
  else if (variant === 7) return copy.subarray(0, at);
  else if (variant === 8) return Buffer.concat([copy.subarray(0, at), copy]);
  else return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + ((dice >>> 16) % 20))]);
  return copy;
}

/** A generator of 32-bit numbers: fast-check's own are too slow for every byte. */
function diceOf(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function* chunksOf(bytes: Buffer, dice: () => number): Generator<Buffer> {
  const largest = [1, 7, 40, 1000, 100_000][dice() % 5] ?? 1;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + 1 + (dice() % largest));
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** Everything that a host does, at the mercy of `bytes`; gives how each of it ended. */
async function survive(bytes: Buffer, dice: () => number): Promise<PromiseSettledResult<unknown>[]> {
  const socket = new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const agent = connectAgent(socket);
  const pending: Promise<unknown>[] = [agent.hello(), agent.seal("/")]; // stream 1
  const command = agent.exec({ argv: ["a"], env: {}, cwd: "/", user: "" }); // 3 and 5
  command.stdout.resume();
  pending.push(command.exit, agent.put({ path: "/f", mode: 0, owner: "" }, Buffer.alloc(10))); // 7
  pending.push(agent.list("/", { maxEntries: 10, maxDepth: 3 })); // 9
  pending.push(agent.connect({ port: 1 }).then((duplex) => duplex.resume())); // 11
  agent.onOutward((stream) => {
    if (stream.port % 3 === 0) stream.refuse("no");
    else if (stream.port % 3 === 1) stream.duplex.pipe(stream.duplex);
  });
  const file = agent.get("/f"); // 13
  pending.push(new Promise((resolve) => file.on("close", resolve)));
  file.resume();
  for (const chunk of chunksOf(bytes, dice)) socket.emit("data", chunk); // all at once: no reading of a socket here
  agent.destroy(OVER);
  pending.push(closing(agent));
  const hung = (): MayflyError => new MayflyError("E_INTERNAL", `hangs after ${bytes.toString("hex")}`);
  return await within(Promise.allSettled(pending), 5000, { late: hung });
}

async function closing(agent: AgentConnection): Promise<void> {
  throw (await agent.closed) ?? new Error("no reason");
}

describe("fuzzing", () => {
  it("a connection ends well or with the guest's fault, and every call with it", async () => {
    await fc.assert(
      fc.asyncProperty(frameLists, fc.nat(), async (frames, seed) => {
        const dice = diceOf(seed);
        const stream = Buffer.concat([READY_FRAME, ...frames]);
        for (let variant = 0; variant < VARIANTS; variant++) {
          inputs++;
          for (const result of await survive(damage(stream, variant, dice()), dice)) {
            if (result.status === "rejected") expect(faultOf(result.reason)).toBe("");
          }
        }
      }),
      { numRuns: fuzzRuns(2500), endOnFailure: true },
    );
  }, 600_000);

  it("the decoder takes any bytes: messages, or a protocol error, and at most a frame of memory", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), guestFrame);
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), fc.nat(), (pieces, seed) => {
        const dice = diceOf(seed);
        const stream = Buffer.concat(pieces);
        for (let variant = 0; variant < VARIANTS; variant++) {
          inputs++;
          const fault = decodeAll(damage(stream, variant, dice()), dice);
          if (fault !== undefined) expect(faultOf(fault)).toBe("");
        }
      }),
      { numRuns: fuzzRuns(8500), endOnFailure: true },
    );
  }, 600_000);

  it("has tried 100,000 inputs", () => {
    expect(inputs).toBeGreaterThanOrEqual(100_000);
  });
});

function decodeAll(bytes: Buffer, dice: () => number): unknown {
  let delivered = 0;
  const reader = guestMessages(() => delivered++);
  try {
    for (const chunk of chunksOf(bytes, dice)) reader.read(chunk);
  } catch (cause) {
    return cause;
  }
  expect(delivered).toBeLessThanOrEqual(bytes.length);
  return undefined;
}

/** Empty where the guest was at fault; else what is wrong with us. (`expect` on the error itself is slow.) */
function faultOf(cause: unknown): string {
  if (isMayflyError(cause, ...FAULTS)) return "";
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
