import type { Limits } from "./limits.ts";
import type { NetworkPolicy } from "./network-policy.ts";

/** A profile as an image carries it: everything that is needed to run its machines, resolved. */
export interface ProfileSettings {
  readonly description: string;
  /** Guest memory in bytes, where a request does not ask for more or less. */
  readonly memory: number;
  readonly vcpus: number;
  /** TCG's code cache in MiB. */
  readonly tbSize: number;
  /** Commands run as the guest's user before the machine is frozen; the last one again in every standby. */
  readonly warmUp: readonly (readonly string[])[];
  /** Forks to keep ready where something stays running. */
  readonly standby: number;
  /** Types of file that this profile opens. */
  readonly mime: readonly string[];
  /** Its machines have a display: an X server behind a socket, and programs with windows. */
  readonly display: boolean;
  readonly limits: Partial<Limits>;
  /** What its tasks may reach, where nothing more is asked for; undefined: nothing. */
  readonly network?: NetworkPolicy | undefined;
}
