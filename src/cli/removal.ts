import { writeJson } from "./json.ts";
import { print } from "./terminal/print.ts";

/** Removes what each of `names` names, and prints what is gone. */
export async function removeAll(
  names: readonly string[],
  remove: (name: string) => Promise<readonly { readonly name: string }[]>,
  json: boolean,
): Promise<void> {
  const removed: unknown[] = [];
  for (const name of names) {
    const gone = await remove(name);
    if (!json) for (const each of gone) print(each.name);
    removed.push(...gone);
  }
  if (json) writeJson(removed);
}
