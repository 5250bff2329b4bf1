import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Progress } from "../contract/index.ts";
import { Ledger } from "../disposal/index.ts";
import { QemuEngine } from "../engine/index.ts";
import { runDirectory } from "../foundation/index.ts";
import { INSTALLATION, storePaths } from "../image/index.ts";
import type { Host } from "../microvisor/index.ts";

export function mayflyVersion(): string {
  const manifest = JSON.parse(readFileSync(join(INSTALLATION, "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}

/** Puts together what the microvisor stands on. @throws E_STORE_UNWRITABLE */
export function openHost(home: string | undefined, progress: Progress, signal?: AbortSignal): Host {
  const store = resolve(home ?? storePaths().root); // the jail is started elsewhere
  const kvmDevice = process.env["MAYFLY_KVM_DEVICE"] ?? "/dev/kvm";
  return {
    store,
    progress,
    signal,
    kvmDevice,
    version: mayflyVersion(),
    ledger: new Ledger(runDirectory()),
    engine: new QemuEngine({
      directory: join(store, "engine"),
      shimSource: join(INSTALLATION, "host", "readonly-ram.c"),
      kvmDevice,
    }),
  };
}
