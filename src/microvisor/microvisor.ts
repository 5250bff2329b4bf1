import { existsSync } from "node:fs";
import { totalmem } from "node:os";
import type { IsolationFact, Limits } from "../contract/index.ts";
import { cgroupHost, type MachineShape } from "../engine/index.ts";
import { MayflyError, formatSize, isMayflyError } from "../foundation/index.ts";
import { ensureImage, networkOfProfile, programHash, type Image } from "../image/index.ts";
import type { ProfileDefaults } from "../policy/index.ts";
import { chooseAccelerator, type AcceleratorChoice } from "./accelerator.ts";
import { shapeOf } from "./boot.ts";
import { forkTemplate } from "./fork.ts";
import { freezeVm, type Kept } from "./frozen/index.ts";
import type { Host } from "./host.ts";
import { newIdentity } from "./identity.ts";
import type { MicroVm } from "./micro-vm.ts";
import { StandbyPool } from "./standby.ts";
import { isUnchanged, type Template } from "./template-files.ts";
import { ensureTemplate } from "./template-maker.ts";
import { warmUp } from "./warm-up.ts";

/** A fork that runs, is unlike its siblings, and waits for its one task. */
export interface ReadyVm {
  readonly vm: MicroVm;
  readonly origin: "standby" | "fork";
  readonly template: string;
  readonly isolation: IsolationFact;
  /** The most that the guest's clock can differ from the host's, in milliseconds. */
  readonly clockErrorMs: number;
  /** SHA-256 of a program that came with the image, by its path in the guest. */
  readonly programHash: (path: string) => string | undefined;
}

export interface ForkOptions {
  readonly limits: Limits;
  readonly label: string;
  readonly needsHardware: boolean;
}

interface Prepared {
  readonly image: Image;
  readonly template: Template;
  readonly choice: AcceleratorChoice;
}

/** Much more than a fork needs; it bounds the wait on a starved host. */
const IDENTITY_DEADLINE_MS = 60_000;

/** The promise is 50 ms; the rest is for the millisecond that the host's clock is read in, and for drift. */
const CLOCK_TOLERANCE_MS = 40;
const MOST_CORRECTIONS = 20;

/** Makes templates, forks them, keeps standbys. */
export class Microvisor implements AsyncDisposable {
  readonly #host: Host;
  readonly #images = new Map<string, Promise<Image>>();
  readonly #prepared = new Map<string, Promise<Prepared>>();
  readonly #pools = new Map<string, StandbyPool>();
  /** What each machine of a task was forked from. */
  readonly #forked = new WeakMap<MicroVm, Prepared>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** The image of a profile, built if it must be. A profile that changes is noticed by the next Mayfly. */
  async image(profile: string): Promise<Image> {
    return await remembered(this.#images, profile, {
      make: async () =>
        await ensureImage(profile, {
          store: this.#host.store,
          progress: this.#host.progress,
          signal: this.#host.signal,
        }),
      isThere: ({ root }) => existsSync(root),
    });
  }

  /** What a profile gives to each of its tasks. */
  async profileDefaults(profile: string): Promise<ProfileDefaults> {
    const { limits, memory, vcpus, network } = (await this.image(profile)).profile;
    return {
      limits: { ...limits, memory, vcpus },
      network: network && (await networkOfProfile(profile, network)),
    };
  }

  /**
   * A fresh fork of the profile's template, or a standby where one fits: running, with an identity of its own.
   * @throws E_ISOLATION, E_LIMIT_UNENFORCEABLE, and all that making images, templates and forks throws
   */
  async fork(profile: string, { limits, label, needsHardware }: ForkOptions): Promise<ReadyVm> {
    requireEnforceable(limits);
    const prepared = await this.prepare(profile, limits);
    const { image, template, choice } = prepared;
    const isolation = describe(choice);
    if (needsHardware && isolation.kind !== "hardware") throw refuseEmulation(isolation);
    const hashOf = (path: string): string | undefined => programHash(image.programs, path);
    const facts = { template: template.manifest.key, isolation, programHash: hashOf };
    const standby = limits.cpus === undefined ? this.#pools.get(poolKey(template))?.take() : undefined;
    standby?.assign(label);
    const taken = standby === undefined ? undefined : await wakeStandby(standby, profile);
    const request = { template, image, kind: "task", label, cpus: limits.cpus } as const;
    const awake = taken ?? (await wakeOrDispose(await forkTemplate(this.#host, request), profile));
    this.#forked.set(awake.vm, prepared);
    return { ...facts, ...awake, origin: taken === undefined ? "fork" : "standby" };
  }

  /**
   * Pauses a micro-VM for good and keeps it as it is, for `mayfly inspect`.
   * @param why for people
   * @param signal ends it, and nothing is kept
   * @throws E_DISK_FULL, E_STORE_UNWRITABLE, E_ENGINE_DIED, and the reason of the signal
   */
  async freeze(vm: MicroVm, why: string, signal?: AbortSignal): Promise<Kept> {
    const forked = this.#forked.get(vm);
    if (forked === undefined) throw new MayflyError("E_TEMPLATE", "Only a fork can be frozen");
    return await freezeVm(this.#host, { vm, ...forked, why, signal });
  }

  /** What isolates the profile's micro-VMs here; makes image and template where they are missing. */
  async isolationOf(profile: string, limits: Limits): Promise<IsolationFact> {
    return describe((await this.prepare(profile, limits)).choice);
  }

  /** Keeps forks of the profile in this size ready, as many as it says itself or `count`; settles when they are. */
  async keepStandby(profile: string, limits: Limits, count?: number): Promise<void> {
    const { template, image } = await this.prepare(profile, limits);
    const key = poolKey(template);
    const pool =
      this.#pools.get(key) ??
      new StandbyPool(
        async (signal: AbortSignal) => await this.#makeStandby(await this.prepare(profile, limits), signal),
      );
    this.#pools.set(key, pool);
    await pool.keep(count ?? image.profile.standby);
  }

  /** Image, accelerator and template; at most one making of each at a time. */
  async prepare(profile: string, { memory, vcpus }: Pick<Limits, "memory" | "vcpus">): Promise<Prepared> {
    requireMemory(memory);
    return await remembered(this.#prepared, `${profile} ${memory} ${vcpus}`, {
      make: async () => await this.#prepare(profile, { memory, vcpus }),
      isThere: ({ image, template }) => existsSync(image.root) && isUnchanged(template),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.#pools.values()].map(async (pool) => {
        await pool[Symbol.asyncDispose]();
      }),
    );
  }

  async #prepare(profile: string, size: { memory: number; vcpus: number }): Promise<Prepared> {
    const image = await this.image(profile);
    const choice = await chooseAccelerator(this.#host, image);
    const shape: MachineShape = shapeOf(image, choice.accelerator, size);
    return { image, choice, template: await ensureTemplate(this.#host, image, shape) };
  }

  /** Runs the warm-up once more, as translated code is not in a template, and pauses. */
  async #makeStandby({ image, template }: Prepared, signal: AbortSignal): Promise<MicroVm> {
    const vm = await forkTemplate(this.#host, {
      template,
      image,
      kind: "standby",
      label: "waiting",
    });
    try {
      await wake(vm, image.name, signal);
      await vm.agent.limits({ memoryBytes: 0, processes: 0 });
      const witness = vm.agent.witness();
      await warmUp(vm, image.profile.warmUp.at(-1) ?? ["true"], signal);
      await witness.finish(); // its code is translated now too, and a task has one of its own
      await vm.machine.pause();
      return vm;
    } catch (cause) {
      await vm.dispose();
      throw cause;
    }
  }
}

interface Recipe<T> {
  readonly make: () => Promise<T>;
  /** Whether what was made before can still be used. */
  readonly isThere: (made: T) => boolean;
}

/** What was made for `key` before, if it is still there, else made now; never two at a time, and no failure is kept. */
async function remembered<T>(
  memory: Map<string, Promise<T>>,
  key: string,
  { make, isThere }: Recipe<T>,
): Promise<T> {
  const known = memory.get(key);
  if (known !== undefined) {
    const made = await known;
    if (isThere(made)) return made;
    if (memory.get(key) === known) memory.delete(key);
  }
  const making = memory.get(key) ?? make();
  memory.set(key, making);
  making.catch(() => memory.delete(key));
  return await making;
}

/**
 * Runs the guest and gives it an identity. Its clock is then wrong by no more than the time that this took, so where
 * that was long (code not translated yet, a starved host) it gets another.
 * @returns the most that the guest's clock can be wrong by, in milliseconds
 */
async function wake(vm: MicroVm, profile: string, signal?: AbortSignal): Promise<number> {
  let from = performance.now();
  // The identity waits at the guest's port before the guest runs; one wait for both is enough.
  await Promise.all([vm.machine.continue(), vm.identify(newIdentity(profile), IDENTITY_DEADLINE_MS, signal)]);
  for (let again = 0; performance.now() - from > CLOCK_TOLERANCE_MS && again < MOST_CORRECTIONS; again++) {
    from = performance.now();
    await vm.identify(newIdentity(profile), IDENTITY_DEADLINE_MS, signal);
  }
  return performance.now() - from;
}

type Awake = Pick<ReadyVm, "vm" | "clockErrorMs">;

async function wakeOrDispose(vm: MicroVm, profile: string): Promise<Awake> {
  try {
    return { vm, clockErrorMs: await wake(vm, profile) };
  } catch (cause) {
    await vm.dispose();
    throw cause;
  }
}

/** Undefined where it died while it waited, and nobody had noticed yet. */
async function wakeStandby(standby: MicroVm, profile: string): Promise<Awake | undefined> {
  try {
    return await wakeOrDispose(standby, profile);
  } catch (cause) {
    if (isMayflyError(cause, "E_ENGINE_DIED", "E_CLOSED")) return undefined;
    throw cause;
  }
}

function poolKey(template: Template): string {
  return template.directory;
}

function describe({ accelerator, reason }: AcceleratorChoice): IsolationFact {
  return { kind: accelerator === "kvm" ? "hardware" : "emulated", accelerator, reason };
}

function refuseEmulation({ reason }: IsolationFact): MayflyError {
  return new MayflyError(
    "E_ISOLATION",
    `Hardware isolation was asked for, but this machine only emulates: ${reason}`,
    {
      next: "Mend that (`mayfly doctor` says how), or run without --isolation hardware.",
    },
  );
}

/** More than the host has would be refused by the kernel at best, and thrash at worst. */
function requireMemory(memory: number): void {
  if (memory <= totalmem()) return;
  throw new MayflyError(
    "E_NO_MEMORY",
    `A machine with ${formatSize(memory)} of memory was asked for; this host has ${formatSize(totalmem())}`,
    {
      next: "Ask for less with --memory.",
    },
  );
}

function requireEnforceable({ cpus }: Limits): void {
  if (cpus === undefined || cgroupHost()?.parents.cpu !== undefined) return;
  throw new MayflyError(
    "E_LIMIT_UNENFORCEABLE",
    "A share of CPU was asked for, but no cgroup lets Mayfly enforce it",
    {
      next: "Start Mayfly inside a delegated scope: systemd-run --user --scope -p Delegate=yes mayfly …, or leave --cpus out.",
    },
  );
}
