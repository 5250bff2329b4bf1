import { readFileSync, rmSync, statSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { hostCpu, type Accelerator } from "../engine/index.ts";
import {
  asMayflyError,
  attempt,
  inStore,
  isMayflyError,
  makeStoreDirectory,
  newVmId,
} from "../foundation/index.ts";
import type { Image } from "../image/index.ts";
import { bootMachine } from "./boot.ts";
import type { Host } from "./host.ts";
import { natureOfKvm, obstacleTo } from "./kvm-device.ts";

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

const NO_GUEST_BOOTS = "no guest boots with it";

/**
 * KVM if a guest truly boots with it, else TCG with the reason. Tried once (at most 10 s), then remembered until QEMU, the
 * host's kernel, its CPU or the rights to the device change.
 */
export async function chooseAccelerator(host: Host, image: Image): Promise<AcceleratorChoice> {
  const subject = await subjectOf(host);
  const path = choicePath(host);
  const kept = readAcceleratorChoice(host);
  if (kept?.for === subject) return kept;
  const { reason, isLasting } = await tryKvm(host, image);
  const choice: AcceleratorChoice = { for: subject, accelerator: reason === "" ? "kvm" : "tcg", reason };
  if (isLasting)
    await inStore(host.store, async () => {
      await keep(path, choice);
    });
  return choice;
}

async function keep(path: string, choice: AcceleratorChoice): Promise<void> {
  makeStoreDirectory(dirname(path));
  await writeFile(`${path}.${process.pid}`, JSON.stringify(choice));
  await rename(`${path}.${process.pid}`, path);
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
  return [
    key,
    release(),
    hostCpu().key,
    host.kvmDevice,
    rights,
    process.getuid?.() ?? 0,
    process.getgroups?.().join(","),
  ].join(" ");
}

/** Lets the next `chooseAccelerator` try again where a guest was tried and failed: the host may only have been busy. */
export function forgetFailedTrial(host: Host): void {
  if (readAcceleratorChoice(host)?.reason.includes(NO_GUEST_BOOTS) === true)
    attempt(() => {
      rmSync(choicePath(host));
    }, "a store that cannot be written keeps what it has");
}

interface Trial {
  /** Why KVM cannot be used; empty where a guest booted with it. */
  readonly reason: string;
  /** Whether the answer will be the same next time. */
  readonly isLasting: boolean;
}

/** What a KVM that cannot run guests looks like. Anything else that goes wrong tells nothing about it. */
const BROKEN = [
  "E_ENGINE_START",
  "E_ENGINE_DIED",
  "E_ENGINE_PROTOCOL",
  "E_GUEST_SILENT",
  "E_GUEST_PANIC",
  "E_GUEST_REBOOTED",
  "E_GUEST_PROTOCOL",
] as const;

async function tryKvm(host: Host, image: Image): Promise<Trial> {
  const device = host.kvmDevice;
  const obstacle = obstacleTo(device);
  if (obstacle !== undefined) return { reason: obstacle, isLasting: true };
  host.progress({ step: "Trying hardware virtualization", detail: "once; the answer is remembered" });
  const accelerator: Accelerator = "kvm";
  try {
    const vm = await bootMachine(host, { id: newVmId(), image, accelerator, deadlineMs: TRIAL_DEADLINE_MS });
    await vm.dispose();
    return { reason: "", isLasting: true };
  } catch (cause) {
    host.signal?.throwIfAborted();
    const reason = `${device} is there, but ${NO_GUEST_BOOTS}${natureOfKvm()}: ${asMayflyError(cause).message}`;
    return { reason, isLasting: isMayflyError(cause, ...BROKEN) };
  }
}
