import { randomBytes, randomUUID } from "node:crypto";

/** What makes a fork different from its siblings; applied by the agent before anything of the task enters. */
export interface Identity {
  /** Nanoseconds since 1970. */
  readonly realtime: bigint;
  readonly hostname: string;
  /** 32 hexadecimal digits (machine-id(5)). */
  readonly machineId: string;
  readonly bootId: string;
  /** Goes into the guest kernel's pool, which is then made to reseed. */
  readonly entropy: Uint8Array;
}

const ENTROPY_BYTES = 64;

export function newIdentity(profile: string): Identity {
  const random = randomBytes(ENTROPY_BYTES + 20);
  return {
    realtime: BigInt(Date.now()) * 1_000_000n,
    hostname: `${profile}-${random.toString("hex", 0, 4)}`,
    machineId: random.toString("hex", 4, 20),
    bootId: randomUUID(),
    entropy: random.subarray(20),
  };
}
