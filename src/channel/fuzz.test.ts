import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns, guestFrame } from "../../test/support/agent-arbitraries.ts";
import { guestMessages, READY } from "../contract/agent/index.ts";
import { isMayflyError, MayflyError } from "../foundation/index.ts";
import { connectAgent } from "./index.ts";

/** Inputs made of one generated stream: as it is, and damaged. */
const VARIANTS = 10;
const OVER = new MayflyError("E_CLOSED", "the test is over");
/** Whatever a connection says of itself when the guest is at fault, and the reason that this test gives. */
const FAULTS = ["E_GUEST_PROTOCOL", "E_GUEST_REFUSED", "E_CLOSED"] as const;
const READY_FRAME = Buffer.from(READY.encode(0, { version: 1, kernel: "" }));

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
  for (let at = 0; at < bytes.length; ) {
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
  const process = agent.exec({ argv: ["a"], env: {}, cwd: "/", user: "" }); // 3 and 5
  process.stdout.resume();
  pending.push(process.exit, agent.put({ path: "/f", mode: 0, owner: "" }, Buffer.alloc(10))); // 7
  pending.push(agent.list("/", { maxEntries: 10, maxDepth: 3 })); // 9
  pending.push(agent.connect({ port: 1 }).then((duplex) => duplex.resume())); // 11
  const file = agent.get("/f"); // 13
  pending.push(new Promise((resolve) => file.on("close", resolve)));
  file.resume();
  for (const chunk of chunksOf(bytes, dice)) socket.emit("data", chunk); // all at once: no reading of a socket here
  agent.destroy(OVER);
  pending.push(agent.closed.then((reason) => Promise.reject(reason ?? new Error("no reason"))));
  const names = pending.map((x, i) => { let d = false; x.then(() => { d = true; }, () => { d = true; }); return () => (d ? "" : String(i)); });
  const t = setTimeout(() => { console.log("HANG", names.map((n) => n()).join(","), file.destroyed, file.readableEnded, file.closed, file.errored, bytes.toString("hex")); }, 500);
  const r = await Promise.allSettled(pending);
  clearTimeout(t);
  return r;
}

describe("fuzzing", () => {
  it("a connection ends well or with the guest's fault, and every call with it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(guestFrame, { maxLength: 12 }), fc.nat(), async (frames, seed) => {
        const dice = diceOf(seed);
        const stream = Buffer.concat([READY_FRAME, ...frames]);
        for (let variant = 0; variant < VARIANTS; variant++) {
          inputs++;
          for (const result of await survive(damage(stream, variant, dice()), dice)) {
            if (result.status === "rejected") expect(faultOf(result.reason)).toBe("");
          }
        }
      }),
      { numRuns: fuzzRuns(20), endOnFailure: true },
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
  if (isMayflyError(cause, ...FAULTS, "E_FILE_IN_GUEST", "E_COMMAND_NOT_FOUND", "E_COMMAND_NOT_EXECUTABLE")) return "";
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
