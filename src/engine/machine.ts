import type { Duplex } from "node:stream";
import type { Untrusted } from "../foundation/index.ts";
import type { ProcessIdentity, RecentLog } from "../process/index.ts";

export type Accelerator = "kvm" | "tcg";

/** The hardware that a guest sees. */
export interface MachineShape {
  readonly accelerator: Accelerator;
  /** Bytes, a multiple of 2 MiB. */
  readonly memory: number;
  readonly vcpus: number;
  /** TCG's code cache in MiB; no meaning under KVM. */
  readonly tbSize: number;
}

/** Host files that a machine boots from; read-only to it. */
export interface BootMedia {
  readonly kernel: string;
  readonly initramfs: string;
  readonly root: string;
}

export interface StartRequest {
  readonly id: string;
  readonly shape: MachineShape;
  readonly media: BootMedia;
  /** Directory for a template's RAM file (`ram`), made by the caller and empty; undefined for anonymous RAM. */
  readonly ramDirectory: string | undefined;
  readonly cgroups: readonly string[];
}

export interface LoadRequest {
  readonly id: string;
  readonly shape: MachineShape;
  readonly root: string;
  /** The frozen RAM file: mapped copy-on-write, never written. */
  readonly ram: string;
  /** The frozen device state. */
  readonly state: Uint8Array;
  readonly cgroups: readonly string[];
}

/** Why a machine is no more. */
export interface MachineEnd {
  readonly why: "killed" | "guest-reset" | "guest-panic" | "died";
  /** Exit status or signal of the process, for people. */
  readonly detail: string;
}

/** What a machine used so far, seen from the host. */
export interface MachineUsage {
  /** Processor time in milliseconds, to the nearest ten. */
  readonly cpuMs: number;
  /** Bytes of memory that are its own: guest pages that were written, and the engine's. */
  readonly privateBytes: number;
}

/** What a guest asked of its disks so far. They are read-only: whatever is written is an attempt. */
export interface DiskUsage {
  readonly readBytes: number;
  /** Requests. */
  readonly reads: number;
  readonly writtenBytes: number;
  readonly writes: number;
}

/**
 * The RAM of a machine that was loaded, seen from outside and only of sense while it is paused. Places are those in the
 * frozen RAM file. What the guest wrote is untrusted.
 */
export interface GuestMemory extends Disposable {
  /** Bytes. */
  readonly size: number;
  /** Numbers of the pages (of 4,096 bytes) that were written since the machine was loaded, ascending. */
  changedPages(): Uint32Array;
  /** What is there now. @throws E_ENGINE_DIED */
  read(at: number, length: number): Buffer;
  /** What was there in the template. */
  original(at: number, length: number): Buffer;
}

/** A machine that is loaded or running. Its life is one process; a dead machine stays dead. */
export interface Machine {
  /** The byte stream to the agent's port. */
  readonly agent: Duplex;
  /** What the guest kernel printed, bounded. */
  readonly console: RecentLog;
  readonly ended: Promise<MachineEnd>;
  /** Host processes of this machine, the one that holds the guest's memory first. */
  readonly processes: readonly ProcessIdentity[];
  /** Runs the guest. @throws E_ENGINE_DIED */
  continue(): Promise<void>;
  /** Stops the guest's clock and CPUs. @throws E_ENGINE_DIED */
  pause(): Promise<void>;
  /** Saves device state; the machine is of no more use afterwards. Only after `start` with a RAM directory. */
  freeze(): Promise<Uint8Array>;
  /** Opens its memory. @throws E_ENGINE_DIED, and E_TEMPLATE for one that was booted, not loaded */
  memory(): GuestMemory;
  /** Device state without RAM, as `freeze` gives it but for its description; changes nothing. @throws E_ENGINE_DIED, E_ENGINE_PROTOCOL */
  deviceState(): Promise<Untrusted<Uint8Array>>;
  /** Device state that `load` takes with a file of what its memory holds now. Only of one that was loaded. @throws as `deviceState` */
  snapshot(): Promise<Uint8Array>;
  /** Undefined where it has ended. */
  usage(): MachineUsage | undefined;
  /** Undefined where it has ended, or does not say. Never rejects. */
  disk(): Promise<DiskUsage | undefined>;
  /** Kills it now; harmless when it is dead. Await `ended` for the end. */
  kill(): void;
}

export interface EngineFacts {
  readonly name: string;
  readonly version: string;
  readonly binary: string;
  /** Changes whenever templates made by this engine can no longer be loaded. */
  readonly key: string;
}

/** What Mayfly asks of an engine. QEMU is the first; the verbs are all that a second one must offer. */
export interface Engine {
  facts(): Promise<EngineFacts>;
  /** Boots `media`. @throws E_ENGINE_START, E_JAIL */
  start(request: StartRequest): Promise<Machine>;
  /** A paused copy of a frozen machine. @throws E_ENGINE_START, E_JAIL, E_TEMPLATE */
  load(request: LoadRequest): Promise<Machine>;
}
