import { neutralise } from "../foundation/index.ts";

const LONGEST_NAME = 255;
const LONGEST_PATH = 1024;

/**
 * Whether a path that the guest gave may become one below the user's directory.
 * @returns why not; undefined where it may
 */
export function refusePath(path: string, deepest: number): string | undefined {
  if (path === "" || path.length > LONGEST_PATH)
    return `its path is empty or over ${LONGEST_PATH} characters`;
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    return "its path is absolute or leads elsewhere";
  if (parts.length > deepest) return `it is deeper than ${deepest} directories`;
  if (parts.some((part) => Buffer.byteLength(part) > LONGEST_NAME))
    return `a name in it is over ${LONGEST_NAME} bytes`;
  if (neutralise(path, LONGEST_PATH) !== path)
    return "its name has control, invisible or direction characters";
  return undefined;
}

/** `report.csv` → `report (2).csv`: a name beside one that is taken. */
export function numbered(path: string, count: number): string {
  const slash = path.lastIndexOf("/") + 1;
  const dot = path.lastIndexOf(".");
  const at = dot > slash ? dot : path.length;
  const suffix = ` (${count})${path.slice(at)}`;
  // The number must fit; a name that is as long as names may be gives up some of its end.
  let stem = path.slice(slash, at);
  while (Buffer.byteLength(stem + suffix) > LONGEST_NAME && stem !== "") stem = stem.slice(0, -1);
  return `${path.slice(0, slash)}${stem}${suffix}`;
}
