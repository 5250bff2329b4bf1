import { MayflyError } from "../../foundation/errors.ts";

/** The error that ends a connection. `rule` is one clause that says which rule of docs/protocol.md was broken. */
export function violation(rule: string): MayflyError {
  return new MayflyError("E_GUEST_PROTOCOL", `The guest broke the agent protocol: ${rule}.`, {
    next: "Nothing that this guest says can be relied upon; the micro-VM must be destroyed.",
  });
}

/** A value of our own side that the wire cannot carry. */
export function unsendable(what: string): MayflyError {
  return new MayflyError("E_USAGE", `Cannot be sent to the guest: ${what}.`);
}
