import { accessSync, constants, readFileSync, statSync } from "node:fs";
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
    const reason = `${device} is there, but no guest boots with it: ${asMayflyError(cause).message}`;
    return { reason, isLasting: isMayflyError(cause, ...BROKEN) };
  }
}

/** What is wrong with the device before any guest is tried; undefined where nothing is. */
function obstacleTo(device: string): string | undefined {
  const stat = attempt(() => statSync(device), "told at once");
  if (stat === undefined)
    return `${device} does not exist: no virtualization, or the kvm module is not loaded`;
  const groupMay = stat.gid !== 0 && (stat.mode & 0o060) === 0o060;
  const mend = `sudo chgrp kvm ${device}; sudo chmod 660 ${device}`;
  if (process.getuid?.() === 0) {
    // QEMU then runs as a user without rights, in the device's group unless that is root's.
    return groupMay || (stat.mode & 0o006) === 0o006
      ? undefined
      : `QEMU, which gets a user without rights where root starts it, may not use ${device}: ${mend}`;
  }
  const mayUse =
    attempt(() => {
      accessSync(device, constants.R_OK | constants.W_OK);
      return true;
    }, "told at once") === true;
  if (mayUse) return undefined;
  return `you may not use ${device}: ${groupMay ? "" : `${mend}; `}join its group (sudo usermod -aG kvm $USER, then log in again)`;
}
