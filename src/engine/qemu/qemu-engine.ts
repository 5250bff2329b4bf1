import { createHash } from "node:crypto";
import { SHELF_BYTES } from "../../contract/agent/index.ts";
import { MayflyError, attempt } from "../../foundation/index.ts";
import { spawnSupervised } from "../../process/index.ts";
import { statSync } from "node:fs";
import { hostCpu } from "../host-cpu.ts";
import { EMPTY_FD, bubblewrapArguments, launchCommand, type Bind } from "../jail/index.ts";
import type { Engine, EngineFacts, LoadRequest, Machine, StartRequest } from "../machine.ts";
import { INSIDE, kernelCommandLine, machineRevision, qemuArguments } from "./argv.ts";
import { hasRom, qemuFacts, type QemuFacts } from "./facts.ts";
import { ShelfFile } from "./shelf-file.ts";
import { LARGEST_STATE } from "./receive-state.ts";
import { QemuMachine, type MachineRam } from "./qemu-machine.ts";

/** Descriptor of the child on which bubblewrap tells QEMU's pid; 3 … 5 are QEMU's own, and 7, the shelf. */
const INFO_FD = 6;
const PIPES = 4;

const REVISION = createHash("sha256").update(machineRevision()).digest("hex").slice(0, 8);

interface EngineOptions {
  /** Where facts about QEMU are kept. */
  readonly directory: string;
  /** `host/readonly-ram.c` of this installation. */
  readonly shimSource: string;
  /** The KVM device to show to QEMU, `/dev/kvm` but in tests. */
  readonly kvmDevice: string;
}

interface Jailed {
  readonly id: string;
  readonly cgroups: readonly string[];
  readonly binds: readonly Bind[];
  readonly argv: (hasShelf: boolean) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ram: MachineRam;
}

export class QemuEngine implements Engine {
  readonly #options: EngineOptions;
  #facts: Promise<QemuFacts> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  async facts(): Promise<EngineFacts> {
    const { version, binary, key } = await this.#qemu();
    return { name: "QEMU", version, binary, key: `${key}-${REVISION}` };
  }

  async start({ id, shape, media, ramDirectory, cgroups }: StartRequest): Promise<Machine> {
    const facts = await this.#qemu();
    const ram = ramDirectory === undefined ? "anonymous" : "template";
    const boot = kernelCommandLine(shape, hostCpu().tscKhz);
    const machine = await this.#spawn({
      id,
      cgroups,
      ram: ramDirectory === undefined ? { kind: "anonymous" } : { kind: "template", directory: ramDirectory },
      binds: [
        ...this.#commonBinds(facts, shape.accelerator === "kvm"),
        readOnly(media.kernel, INSIDE.kernel),
        readOnly(media.initramfs, INSIDE.initramfs),
        readOnly(media.root, INSIDE.root),
        ...(ramDirectory === undefined
          ? []
          : [{ kind: "writable", host: ramDirectory, inside: INSIDE.template } as const]),
      ],
      argv: (hasShelf) => [
        facts.binary,
        ...qemuArguments({ id, shape, ram, hasRom: hasRom(facts), hasShelf, boot }),
      ],
    });
    return await ready(machine, async () => {
      await machine.continue();
    });
  }

  async load({ id, shape, root, ram, state, cgroups }: LoadRequest): Promise<Machine> {
    const facts = await this.#qemu();
    const shim = facts.shim === null ? [] : [readOnly(facts.shim, INSIDE.shim)];
    const machine = await this.#spawn({
      id,
      cgroups,
      ram: { kind: "loaded", file: ram },
      binds: [
        ...this.#commonBinds(facts, shape.accelerator === "kvm"),
        readOnly(root, INSIDE.root),
        readOnly(ram, INSIDE.ram),
        { kind: "new", host: String(EMPTY_FD), inside: INSIDE.deviceState },
        ...shim,
      ],
      env: facts.shim === null ? {} : { LD_PRELOAD: INSIDE.shim },
      argv: (hasShelf) => [
        facts.binary,
        ...qemuArguments({
          ...{ id, shape, ram: "copy-on-write", hasShelf, boot: undefined },
          hasRom: hasRom(facts),
        }),
      ],
    });
    return await ready(machine, async () => {
      await machine.load(state);
    });
  }

  async #qemu(): Promise<QemuFacts> {
    this.#facts ??= qemuFacts(this.#options.directory, this.#options.shimSource);
    return await this.#facts;
  }

  #commonBinds(facts: QemuFacts, kvm: boolean): Bind[] {
    const files = facts.files.map((path) => readOnly(path, path));
    return kvm ? [...files, { kind: "device", host: this.#options.kvmDevice, inside: "/dev/kvm" }] : files;
  }

  async #spawn({ id, cgroups, binds, argv, env = {}, ram }: Jailed): Promise<QemuMachine> {
    const facts = await this.#qemu();
    const shelf = ShelfFile.make(SHELF_BYTES);
    const jail = bubblewrapArguments({
      binds,
      env: { ...ALLOCATOR, ...env },
      infoFd: INFO_FD,
      argv: argv(shelf !== undefined),
      disableUserns: facts.disableUserns,
    });
    const kvmGroup = attempt(() => statSync(this.#options.kvmDevice).gid, "no such device");
    const starting = spawnSupervised({
      argv: launchCommand({
        id,
        cgroups,
        jail,
        kvmGroup,
        largestFile: ram.kind === "loaded" ? LARGEST_STATE : undefined,
      }),
      pipes: PIPES,
      files: shelf === undefined ? [] : [shelf.readEnd],
    });
    shelf?.handedOver();
    try {
      return new QemuMachine(await starting, ram, shelf);
    } catch (cause) {
      shelf?.close();
      throw cause;
    }
  }
}

/** One arena and early return of freed memory: QEMU's threads would otherwise keep some MiB each. */
const ALLOCATOR = { MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" };

function readOnly(host: string, inside: string): Bind {
  return { kind: "read-only", host, inside };
}

/** A machine that does not come up is killed before its failure is told. */
async function ready(machine: QemuMachine, comeUp: () => Promise<void>): Promise<Machine> {
  try {
    await comeUp();
    return machine;
  } catch (cause) {
    machine.kill();
    await machine.ended;
    throw cause instanceof MayflyError
      ? cause
      : new MayflyError("E_ENGINE_START", "QEMU did not come up", { cause });
  }
}
