// Fails where the console's and the view's scripts and styles, compressed, are over what is promised in docs/specification.md.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const MOST_KIB = 300;
const ASSETS = "dist/web/assets";

const sizes = readdirSync(ASSETS).map(
  (name) => gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length,
);
const kib = Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024);
console.log(`${kib} KiB compressed, of ${MOST_KIB}`);
if (sizes.length === 0 || kib > MOST_KIB) process.exit(1);
