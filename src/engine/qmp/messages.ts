import { MayflyError, attempt, openUntrusted, type Untrusted } from "../../foundation/index.ts";

export type QmpMessage =
  | { readonly kind: "greeting"; readonly version: string }
  | { readonly kind: "return"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly description: string }
  | { readonly kind: "event"; readonly name: string; readonly data: Readonly<Record<string, unknown>> };

/**
 * Decodes one line of the QEMU Machine Protocol (docs/interop/qmp-spec in QEMU).
 * @throws E_ENGINE_PROTOCOL where it is none of the four kinds of message
 */
export function decodeQmp(line: Untrusted<string>): QmpMessage {
  const raw = record(attempt(() => JSON.parse(openUntrusted(line)) as unknown, "answered below"));
  const message = raw === undefined ? undefined : (greeting(raw) ?? event(raw) ?? reply(raw));
  if (message === undefined) throw new MayflyError("E_ENGINE_PROTOCOL", "QEMU sent a line that is not QMP");
  return message;
}

function greeting(raw: Record<string, unknown>): QmpMessage | undefined {
  const qemu = record(record(record(raw["QMP"])?.["version"])?.["qemu"]);
  if (qemu === undefined) return undefined;
  const numbers = [qemu["major"], qemu["minor"], qemu["micro"]].map(Number);
  return { kind: "greeting", version: numbers.join(".") };
}

function event(raw: Record<string, unknown>): QmpMessage | undefined {
  const name = raw["event"];
  return typeof name === "string" ? { kind: "event", name, data: record(raw["data"]) ?? {} } : undefined;
}

function reply(raw: Record<string, unknown>): QmpMessage | undefined {
  const id = raw["id"];
  if (typeof id !== "number") return undefined;
  if ("return" in raw) return { kind: "return", id, value: raw["return"] };
  const description = record(raw["error"])?.["desc"];
  return typeof description === "string" ? { kind: "error", id, description } : undefined;
}

export function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}
