import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { hostCpu, type Accelerator } from "../engine/index.ts";
import { asMayflyError, attempt, newVmId } from "../foundation/index.ts";
import type { Image } from "../image/index.ts";
import { bootMachine } from "./boot.ts";
import type { Host } from "./host.ts";

const Choice = v.object({
  /** What the choice was made for; made again when it differs. */
  for: v.string(),
  accelerator: v.picklist(["kvm", "tcg"]),
  /** Why hardware is not used; empty where it is. */
  reason: v.string(),
});

export type AcceleratorChoice = v.InferOutput<typeof Choice>;

/** A guest that works answers within 3 s under KVM; one under a KVM that does not work never does. */
const TRIAL_DEADLINE_MS = 8000;

/**
 * KVM if a guest truly boots with it, else TCG with the reason. Tried once (at most 10 s), then remembered until QEMU, the
 * host's kernel, its CPU or the rights to the device change.
 */
export async function chooseAccelerator(host: Host, image: Image): Promise<AcceleratorChoice> {
  const subject = await subjectOf(host);
  const path = choicePath(host);
  const kept = readAcceleratorChoice(host);
  if (kept?.for === subject) return kept;
  const reason = await tryKvm(host, image);
  const choice: AcceleratorChoice = { for: subject, accelerator: reason === "" ? "kvm" : "tcg", reason };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(choice));
  renameSync(`${path}.${process.pid}`, path);
  return choice;
}

/** What was found last time; undefined where nothing was tried yet. */
export function readAcceleratorChoice(host: Host): AcceleratorChoice | undefined {
  const raw = attempt(() => JSON.parse(readFileSync(choicePath(host), "utf8")) as unknown, "not tried yet");
  const parsed = v.safeParse(Choice, raw);
  return parsed.success ? parsed.output : undefined;
}

function choicePath(host: Host): string {
  return join(host.store, "engine", "accelerator.json");
}

async function subjectOf(host: Host): Promise<string> {
  const { key } = await host.engine.facts();
  const device = attempt(() => statSync(host.kvmDevice), "no such device");
  const rights = device === undefined ? "none" : `${device.rdev}:${device.mode}:${device.uid}:${device.gid}`;
  return [key, release(), hostCpu().key, host.kvmDevice, rights, process.getuid?.() ?? 0, process.getgroups?.().join(",")].join(" ");
}

/** @returns why KVM cannot be used; empty where a guest booted with it */
async function tryKvm(host: Host, image: Image): Promise<string> {
  const device = host.kvmDevice;
  if (!existsSync(device)) return `${device} does not exist: no virtualization, or the kvm module is not loaded`;
  if (attempt(() => { accessSync(device, constants.R_OK | constants.W_OK); return true; }, "told below") !== true) {
    return `you may not use ${device}: join its group (sudo usermod -aG kvm $USER, then log in again)`;
  }
  host.progress({ step: "Trying hardware virtualization", detail: "once; the answer is remembered" });
  const accelerator: Accelerator = "kvm";
  try {
    const vm = await bootMachine(host, { id: newVmId(), image, accelerator, deadlineMs: TRIAL_DEADLINE_MS });
    await vm.dispose();
    return "";
  } catch (cause) {
    return `${device} is there, but no guest boots with it: ${asMayflyError(cause).message}`;
  }
}
