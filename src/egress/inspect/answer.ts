import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { neutralise } from "../../foundation/index.ts";

/** Mayfly's own answer, for a person in the guest; the connection ends with it. */
export function answer(response: ServerResponse, status: number, why: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = text(why);
  response.sendDate = true;
  response.writeHead(status, [...HEADERS, "Content-Length", String(Buffer.byteLength(body))]);
  response.end(body);
}

/** The same on a connection whose request Node did not parse, or would not serve. */
export function answerRaw(connection: Duplex, status: number, why: string): void {
  const body = text(why);
  const headers = `${HEADERS[0]}: ${HEADERS[1]}\r\n${HEADERS[2]}: ${HEADERS[3]}`;
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const HEADERS = ["Content-Type", "text/plain; charset=utf-8", "Connection", "close"] as const;

function text(why: string): string {
  return `Mayfly: ${neutralise(why, 300)}\n`;
}
