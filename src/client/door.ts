import type { Progress } from "../contract/index.ts";
import { Link, type Declined } from "./link.ts";
import { portableJob, type LocalJob } from "./portable.ts";
import { settingsOf } from "./settings.ts";
import { daemonSocket } from "./socket.ts";
import { connect } from "./websocket.ts";
import { JOB_PATH, PROTOCOL } from "./wire.ts";

/** How the daemon is asked. */
export interface Door {
  /** Told what is being made for the first time. */
  readonly progress: Progress;
  /** Ends what is being made before the job begins. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives a job to the daemon, if one runs that can stand for this process. Where it resolves with a link, image and
 * template are there, and the job waits for `begin`.
 * @throws E_STORE_UNWRITABLE where there is no place for its socket; what making image and template throws there
 */
export async function ask(job: LocalJob, { progress, signal }: Door): Promise<Link | Declined> {
  const portable = portableJob(job);
  if (portable === undefined) return { declined: true, why: undefined };
  const socket = await connect(daemonSocket(), JOB_PATH);
  if ("silent" in socket) return { declined: true, why: socket.why };
  const link = new Link(socket, progress);
  const cancel = (): void => {
    link.say({ type: "cancel" });
  };
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    link.say({ type: "ask", protocol: PROTOCOL, settings: settingsOf(), job: portable });
    if (signal?.aborted === true) cancel();
    return (await link.ready()) ?? link;
  } catch (cause) {
    link.close();
    throw cause;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
