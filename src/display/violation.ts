import { MayflyError } from "../foundation/index.ts";

/** The error that ends a screen's connection. `rule` is one clause that says what the guest did. */
export function screenViolation(rule: string): MayflyError {
  return new MayflyError("E_GUEST_PROTOCOL", `The guest's screen broke its protocol: ${rule}`, {
    next: "Its picture was dropped; end the task.",
  });
}

/** The same of the page that shows it. */
export function viewerViolation(rule: string): MayflyError {
  return new MayflyError("E_USAGE", `The viewer broke the protocol of screens: ${rule}`, {
    next: "Reload the page.",
  });
}
