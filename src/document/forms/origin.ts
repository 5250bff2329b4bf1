import { neutralise } from "../../foundation/index.ts";
import type { Origin } from "./form.ts";

/** Where browsers and mail programs write what a file was fetched from (freedesktop.org, CommonExtendedAttributes). */
const URL_ATTRIBUTE = "user.xdg.origin.url";
const OWN_ATTRIBUTE = "user.mayfly.origin";
const LONGEST_URL = 2_000;

/** Where a file says that it came from; "" where it does not, or its file system keeps no attributes. */
export async function originUrl(path: string): Promise<string> {
  try {
    const { getAttribute } = await import("@napi-rs/xattr");
    return neutralise((await getAttribute(path, URL_ATTRIBUTE))?.toString("utf8") ?? "", LONGEST_URL);
  } catch {
    return ""; // a help, not a promise
  }
}

/** Writes where a safe copy came from beside its content. @returns whether the file system keeps it */
export async function markOrigin(path: string, { name, sha256, url, at }: Origin): Promise<boolean> {
  try {
    const { setAttribute } = await import("@napi-rs/xattr");
    await setAttribute(path, OWN_ATTRIBUTE, JSON.stringify({ name, sha256, at: at.toISOString() }));
    if (url !== "") await setAttribute(path, URL_ATTRIBUTE, url);
    return true;
  } catch {
    return false;
  }
}
