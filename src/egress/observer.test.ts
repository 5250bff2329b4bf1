import { expect, it } from "vitest";
import { clientHello } from "../../test/support/client-hello.ts";
import { Observer } from "./observer.ts";
import { StreamNote } from "./stream-note.ts";

const REQUEST = Buffer.from("GET /path HTTP/1.1\r\nHost: a.test\r\n\r\n");
const ANSWER = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
const UNDECIDED = "nothing was decided yet";

function watched(): { note: StreamNote; observer: Observer } {
  const note = new StreamNote({ host: "a.test", port: 80 }, () => 0, { mayRecord: () => true });
  return { note, observer: new Observer(note) };
}

it("reads a request and its status, however they are cut", () => {
  for (let size = 1; size < REQUEST.length; size++) {
    const { note, observer } = watched();
    for (let at = 0; at < REQUEST.length; at += size) observer.out(REQUEST.subarray(at, at + size));
    for (let at = 0; at < ANSWER.length; at += size) observer.in(ANSWER.subarray(at, at + size));
    expect(note.build().http, `${size} bytes at a time`).toEqual([
      { method: "GET", host: "a.test", path: "/path", status: 200 },
    ]);
  }
});

it("reads what comes byte by byte, and every request of a stream", () => {
  const { note, observer } = watched();
  for (let i = 0; i < 3; i++) {
    for (const byte of REQUEST) observer.out(Buffer.of(byte));
    for (const byte of ANSWER) observer.in(Buffer.of(byte));
  }
  const told = { method: "GET", host: "a.test", path: "/path", status: 200 };
  expect(note.build().http).toEqual([told, told, told]);
  expect(note.build().decision.reason).toBe(UNDECIDED);
});

it("gives up on a sender that takes 64 pieces to say that it is TLS", async () => {
  const { note, observer } = watched();
  for (const byte of await clientHello("a.test")) observer.out(Buffer.of(byte));
  observer.out(REQUEST); // which is now in the middle of something
  expect(note.build()).toMatchObject({ http: [], tls: undefined });
});

it("says after how many requests it lost its way", () => {
  const { note, observer } = watched();
  allow(note);
  observer.out(Buffer.concat([REQUEST, Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), REQUEST]));
  expect(note.build().http).toHaveLength(1);
  expect(note.build().decision).toEqual({
    allowed: true,
    rule: undefined,
    reason: "requests after 1 are not recorded: HTTP/2",
  });
  const other = watched();
  allow(other.note);
  other.observer.out(Buffer.from("GET  / HTTP/1.1\r\n\r\n"));
  expect(other.note.build().decision.reason).toMatch(/^its requests are not recorded: what begins as/);
});

it("holds 1,000 requests of a stream, and says that there were more", () => {
  const { note, observer } = watched();
  allow(note);
  for (let i = 0; i < 1001; i++) observer.out(REQUEST);
  for (let i = 0; i < 1001; i++) observer.in(ANSWER);
  expect(note.build().http).toHaveLength(1000);
  expect(note.build().http.every(({ status }) => status === 200)).toBe(true);
  expect(note.build().decision.reason).toBe("requests after 1000 are not recorded: there are too many");
});

it("leaves the requests of an inspected stream to the inspection", () => {
  const { note, observer } = watched();
  note.inspected = true;
  observer.out(REQUEST);
  observer.in(ANSWER);
  expect(note.build().http).toEqual([]);
});

it("makes nothing of what is neither TLS nor HTTP, nor of an answer before a request", () => {
  const { note, observer } = watched();
  observer.in(ANSWER);
  observer.out(Buffer.from("SSH-2.0-OpenSSH\r\n"));
  observer.out(REQUEST);
  observer.in(ANSWER);
  expect(note.build()).toMatchObject({ http: [], tls: undefined });
});

function allow(note: StreamNote): void {
  note.decide({ allowed: true, rule: undefined, reason: "" });
}
