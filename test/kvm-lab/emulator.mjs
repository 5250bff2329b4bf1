import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrap } from "../../dist/image/debian.js";
import { ensureKept, shell } from "./kept.mjs";
import { mendInjection } from "./mend.mjs";
import { EMULATOR } from "./recipe.mjs";

const MEND = readFileSync(join(import.meta.dirname, "mend.mjs"), "utf8");
const TREES = ["./usr/bin", "./usr/lib", "./usr/lib64", "./usr/share/qemu", "./usr/share/seabios"];

/**
 * The QEMU that emulates the outer machine, as the start of a command line: as found in `cache`, or unpacked now from
 * Debian's packages and mended. It is never installed: the QEMU that Mayfly itself uses stays this machine's own.
 * @returns {Promise<string[]>}
 */
export async function ensureEmulator(cache, progress) {
  const recipe = `${JSON.stringify(EMULATOR)}\n${MEND}`;
  const directory = await ensureKept(cache, "emulator", recipe, async (work) => {
    const step = "Unpacking the outer machine's emulator";
    const target = join(work, "tree.tar");
    await bootstrap({ ...EMULATOR, target, variant: "extract", exclude: [], hooks: [], progress, step });
    mkdirSync(join(work, "tree"));
    shell(work, `tar -xf tree.tar -C tree ${TREES.join(" ")}`);
    if (!mendInjection(join(work, "tree/usr/bin/qemu-system-x86_64")))
      console.log("lab: this build of the emulator is not as it was, and not mended: see docs/kvm-lab.md");
    return join(work, "tree");
  });
  const usr = join(directory, "usr");
  return [
    join(usr, "lib64/ld-linux-x86-64.so.2"),
    ...["--library-path", join(usr, "lib/x86_64-linux-gnu")],
    join(usr, "bin/qemu-system-x86_64"),
    ...["-L", join(usr, "share/qemu"), "-L", join(usr, "share/seabios")],
  ];
}
