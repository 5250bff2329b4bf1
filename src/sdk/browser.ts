import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, newVmId, runDirectory } from "../foundation/index.ts";
import { startForUser } from "../process/index.ts";

/**
 * Opens an address in the user's own browser, where there is a screen. The address lets one browser in, so it is not part
 * of a command line that other users could read: the browser gets a file of ours, which leads on.
 * @param name of that file; whoever gives one may leave it there
 * @returns a handle that removes the file; undefined where no browser could be started
 */
export async function openInBrowser(
  url: string,
  name = `open-${newVmId()}.html`,
): Promise<Disposable | undefined> {
  const { DISPLAY = "", WAYLAND_DISPLAY = "" } = process.env;
  if (DISPLAY === "" && WAYLAND_DISPLAY === "") return undefined;
  const file = join(runDirectory(), name);
  const remove = (): void => {
    attempt(() => {
      rmSync(file, { force: true });
    }, "it is in memory, and useless once its link was followed");
  };
  rmSync(file, { force: true });
  writeFileSync(file, leadingTo(url), { mode: 0o600, flag: "wx" });
  if (await startForUser(["xdg-open", file])) return { [Symbol.dispose]: remove };
  remove();
  return undefined;
}

/** @param url of ours: it has nothing to escape */
function leadingTo(url: string): string {
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}"><title>Mayfly</title><a href="${url}">Open</a>\n`;
}
