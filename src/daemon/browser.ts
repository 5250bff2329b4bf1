import { ignoring } from "../foundation/index.ts";
import { startDetached } from "../process/index.ts";

/** Opens an address in the person's browser, where there is a desktop; what becomes of that is not waited for. */
export function openInBrowser(url: string, env: NodeJS.ProcessEnv = process.env): void {
  const hasDesktop = [env["DISPLAY"], env["WAYLAND_DISPLAY"]].some(
    (name) => name !== undefined && name !== "",
  );
  if (hasDesktop) void ignoring(startDetached(["xdg-open", url]), "the address was printed too");
}
