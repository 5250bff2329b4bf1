import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns, VALUES } from "../../../test/support/agent-arbitraries.ts";
import { isMayflyError, MayflyError, openUntrusted } from "../../foundation/index.ts";
import * as wire from "./index.ts";
import { guestMessages, type Fields, type GuestMessage, type Message, type Written } from "./index.ts";

const frame = (header: readonly number[], payload: readonly number[] = []): Uint8Array =>
  Uint8Array.from([...header, ...payload]);

function read(...chunks: Uint8Array[]): GuestMessage[] {
  const messages: GuestMessage[] = [];
  const reader = guestMessages((message) => messages.push(message));
  for (const chunk of chunks) reader.read(chunk);
  return messages;
}

/** Which rule `bytes` breaks. */
function broken(bytes: Uint8Array): string {
  try {
    read(bytes);
  } catch (cause) {
    if (isMayflyError(cause, "E_GUEST_PROTOCOL")) return cause.message;
    throw cause;
  }
  return "";
}

const RUNS = fuzzRuns(300);

describe("every message", () => {
  function roundTrip<N extends string, F extends Fields>(
    message: Message<N, F>,
    values: fc.Arbitrary<Written<F>>,
  ): [string, () => void] {
    return [
      message.name,
      () => {
        fc.assert(
          fc.property(fc.nat(wire.MAX_STREAM), values, (stream, value) => {
            const bytes = message.encode(stream, value);
            const decoded = message.decode(stream, bytes.subarray(wire.HEADER_BYTES));
            expect(decoded).toEqual({ type: message.name, stream, body: { ...value } }); // `Untrusted` is a type alone
            expect(bytes.length).toBeGreaterThanOrEqual(wire.HEADER_BYTES + message.least);
            expect(bytes.length).toBeLessThanOrEqual(wire.HEADER_BYTES + message.most);
          }),
          { numRuns: RUNS },
        );
      },
    ];
  }

  it.each([
    roundTrip(wire.HELLO, VALUES.HELLO),
    roundTrip(wire.READY, VALUES.READY),
    roundTrip(wire.IDENTITY, VALUES.IDENTITY),
    roundTrip(wire.OK, VALUES.OK),
    roundTrip(wire.ERROR, VALUES.ERROR),
    roundTrip(wire.EXEC, VALUES.EXEC),
    roundTrip(wire.PUT, VALUES.PUT),
    roundTrip(wire.GET, VALUES.GET),
    roundTrip(wire.LIST, VALUES.LIST),
    roundTrip(wire.CONNECT, VALUES.CONNECT),
    roundTrip(wire.LIMITS, VALUES.LIMITS),
    roundTrip(wire.SEAL, VALUES.SEAL),
    roundTrip(wire.WITNESS, VALUES.WITNESS),
    roundTrip(wire.DATA, VALUES.DATA),
    roundTrip(wire.END, VALUES.END),
    roundTrip(wire.CREDIT, VALUES.CREDIT),
    roundTrip(wire.RESET, VALUES.RESET),
    roundTrip(wire.SIGNAL, VALUES.SIGNAL),
    roundTrip(wire.RESIZE, VALUES.RESIZE),
    roundTrip(wire.EXIT, VALUES.EXIT),
    roundTrip(wire.OUTWARD, VALUES.OUTWARD),
    roundTrip(wire.EVENT, VALUES.EVENT),
    roundTrip(wire.POWEROFF, VALUES.POWEROFF),
    roundTrip(wire.PROGRAM, VALUES.PROGRAM),
    roundTrip(wire.LOOKUP, VALUES.LOOKUP),
  ])("%s comes back as it was sent", (_name, check) => {
    check();
  });
});

describe("strings", () => {
  it("keep every byte, valid UTF-8 or not", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(wire.utf8Encode(wire.utf8Decode(bytes))).toEqual(bytes);
      }),
      { numRuns: fuzzRuns(3000) },
    );
  });

  it("are decoded as Node does where they are valid", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(wire.utf8Decode(Buffer.from(text))).toBe(text);
        expect(wire.utf8Encode(text)).toEqual(Uint8Array.from(Buffer.from(text)));
      }),
      { numRuns: fuzzRuns(1000) },
    );
  });

  it.each(["a\0b", "half \ud800 pair", "\udc41"])("refuse what the wire cannot carry: %j", (path) => {
    expect(() => wire.GET.encode(1, { path })).toThrow(MayflyError);
  });

  it("refuse NUL from the guest", () => {
    const error = wire.ERROR.encode(1, { code: 1, errno: 0, message: "ab" });
    error[error.length - 1] = 0;
    expect(broken(error)).toContain("ERROR.message holds a NUL");
  });
});

describe("a host's own mistakes", () => {
  it.each([
    () => wire.RESIZE.encode(1, { rows: 65_536, columns: 1 }),
    () => wire.RESIZE.encode(1, { rows: 1.5, columns: 1 }),
    () => wire.RESIZE.encode(1, { rows: Number.NaN, columns: 1 }),
    () => wire.SIGNAL.encode(1, { signal: 0 }),
    () => wire.LIMITS.encode(1, { memoryBytes: -1n, processes: 1 }),
    () => wire.GET.encode(1, { path: "x".repeat(65_533) }),
    () => wire.DATA.encode(1, { bytes: new Uint8Array(65_537) }),
    () => wire.DATA.encode(1, { bytes: new Uint8Array(0) }),
    () => wire.PUT.encode(1, { mode: 0, flags: 0, owner: "x".repeat(40_000), path: "x".repeat(40_000) }),
  ])("is E_USAGE: %s", (encode) => {
    expect(encode).toThrow(expect.objectContaining({ code: "E_USAGE" }));
  });
});

describe("a frame that breaks a rule", () => {
  it.each([
    ["a payload of 65537 bytes", frame([1, 0, 1, 0, 1, 0, 0, 0, 0x20, 0, 0, 0])],
    ["a payload of 4294967295 bytes", frame([255, 255, 255, 255, 1, 0, 0, 0, 0x20, 0, 0, 0])],
    ["not zero", frame([0, 0, 0, 0, 1, 0, 0, 0, 0x21, 0, 0, 1])],
    ["is not below 2^31", frame([0, 0, 0, 0, 0, 0, 0, 0x80, 0x21, 0, 0, 0])],
    ["type 0x7f", frame([0, 0, 0, 0, 1, 0, 0, 0, 0x7f, 0, 0, 0])],
    ["type 0x10, which no guest may send", wire.EXEC.encode(2, EXEC())],
    ["type 0x1, which", wire.HELLO.encode(0, { oldest: 1, newest: 1 })],
    ["DATA of 0 bytes", frame([0, 0, 0, 0, 1, 0, 0, 0, 0x20, 0, 0, 0])],
    ["OK of 65536 bytes", frame([0, 0, 1, 0, 1, 0, 0, 0, 0x04, 0, 0, 0])],
    ["CREDIT of 5 bytes", frame([5, 0, 0, 0, 1, 0, 0, 0, 0x22, 0, 0, 0])],
    ["END on stream 0", wire.END.encode(0, {})],
    ["READY on stream 2", wire.READY.encode(2, { version: 1, kernel: "" })],
    ["EXIT.kind is not 0 … 1", frame([2, 0, 0, 0, 1, 0, 0, 0, 0x26, 0, 0, 0], [2, 0])],
    [
      "OUTWARD.host is longer than 255",
      frame([7, 0, 0, 0, 2, 0, 0, 0, 0x30, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0]),
    ],
    [
      "OUTWARD.host wants 9 bytes where 1 are left",
      frame([7, 0, 0, 0, 2, 0, 0, 0, 0x30, 0, 0, 0], [1, 0, 9, 0, 0, 0, 9]),
    ],
    ["ERROR has 1 bytes too many", frame([9, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 9])],
  ])("is named: %s", (rule, bytes) => {
    expect(broken(bytes)).toContain(rule);
  });

  it("a list that claims more items than can follow is refused before it is made", () => {
    const payload = wire.EXEC.encode(1, { ...EXEC(), argv: [], env: [] }).slice(wire.HEADER_BYTES);
    payload.set([255, 255], payload.length - 2);
    expect(() => wire.EXEC.decode(1, payload)).toThrow("EXEC.env claims 65535 items");
  });
});

describe("cutting", () => {
  const bytes = Buffer.concat([
    wire.READY.encode(0, { version: 1, kernel: "6.1" }),
    wire.OK.encode(1, {}),
    wire.DATA.encode(3, { bytes: Buffer.from("hello") }),
    wire.ERROR.encode(5, { code: 2, errno: 2, message: "no" }),
  ]);
  const data = (messages: readonly GuestMessage[]): string =>
    messages
      .map((m) => (m.type === "DATA" ? Buffer.from(openUntrusted(m.body.bytes)).toString() : ""))
      .join("");

  it("gives the same messages however the bytes arrive", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const messages = read(...at.slice(1).map((end, i) => bytes.subarray(at[i], end)));
        expect(messages.filter(({ type }) => type !== "DATA").map(({ type }) => type)).toEqual([
          "READY",
          "OK",
          "ERROR",
        ]);
        expect(data(messages)).toBe("hello");
      }),
      { numRuns: RUNS },
    );
  });

  it("passes DATA through without copying", () => {
    const [message] = read(wire.DATA.encode(3, { bytes: Buffer.from("hello") }));
    expect(message?.type === "DATA" && openUntrusted(message.body.bytes).byteOffset).toBe(wire.HEADER_BYTES);
  });
});

function EXEC(): Written<typeof wire.EXEC.fields> {
  return { stderrStream: 3, flags: 0, rows: 0, columns: 0, user: "", cwd: "", argv: ["a"], env: [] };
}
