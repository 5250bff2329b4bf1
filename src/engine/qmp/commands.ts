interface Capability {
  readonly capability: "x-ignore-shared" | "events";
  readonly state: boolean;
}

/** The commands that Mayfly uses, with their arguments (QEMU ≥ 7.2). */
export interface QmpCommands {
  qmp_capabilities: [];
  "migrate-set-capabilities": [{ readonly capabilities: readonly Capability[] }];
  "migrate-incoming": [{ readonly uri: string }];
  migrate: [{ readonly uri: string }];
  /** Device state without RAM, into a file of the jail. `live: false` leaves the disks usable. */
  "xen-save-devices-state": [{ readonly filename: string; readonly live: false }];
  "query-blockstats": [];
  stop: [];
  cont: [];
  quit: [];
}

/** RAM stays in the file that both sides map; only device state moves. Completion is told by an event. */
export const FREEZE_CAPABILITIES: QmpCommands["migrate-set-capabilities"][0] = {
  capabilities: [
    { capability: "x-ignore-shared", state: true },
    { capability: "events", state: true },
  ],
};
