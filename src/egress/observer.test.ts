import { expect, it } from "vitest";
import { Observer } from "./observer.ts";
import { StreamNote } from "./stream-note.ts";

const REQUEST = Buffer.from("GET /path HTTP/1.1\r\nHost: a.test\r\n\r\n");
const ANSWER = Buffer.from("HTTP/1.1 200 OK\r\n\r\n");

function watched(): { note: StreamNote; observer: Observer } {
  const note = new StreamNote(
    { host: "a.test", port: 80 },
    () => 0,
    () => true,
  );
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

it("gives up on a sender that takes 64 pieces to say what it is", () => {
  const { note, observer } = watched();
  const long = Buffer.from(`GET /${"x".repeat(100)} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  for (const byte of long) observer.out(Buffer.of(byte));
  observer.out(REQUEST); // which is now in the middle of something
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
