import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { MayflyError } from "../foundation/index.ts";

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/**
 * Reads what is built of the pages, once: what is served is this list, so no path leads to another file.
 * @param directory of the build; `assets/` in it is shared by its pages
 * @returns by path, `view/` for `view/index.html`
 * @throws E_INTERNAL where they are not built
 */
export function readAssets(directory: string, pages: readonly string[]): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const folder of [...pages, "assets"]) {
    for (const name of namesIn(join(directory, folder))) {
      const type = TYPES[extname(name)];
      if (type === undefined) continue;
      const path = name === "index.html" ? `${folder}/` : `${folder}/${name}`;
      assets.set(path, { type, content: readFileSync(join(directory, folder, name)) });
    }
  }
  return assets;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [entry.name] : [],
    );
  } catch (cause) {
    throw new MayflyError("E_INTERNAL", `The page ${directory} is not built`, {
      cause,
      next: "Build it: scripts/prepare.",
    });
  }
}
