import { MayflyError } from "../foundation/index.ts";

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST = 3;

/**
 * The listening socket that whoever started us made for us; undefined where none did. The variables are taken away, as
 * they are not meant for our children.
 * @throws E_USAGE for several
 */
export function inheritedSocket(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const { LISTEN_FDS: count, LISTEN_PID: pid } = env;
  for (const name of ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]) Reflect.deleteProperty(env, name);
  if (count === undefined || pid !== String(process.pid)) return undefined;
  if (count === "1") return FIRST;
  throw new MayflyError("E_USAGE", `Mayfly was handed ${count} sockets; it takes one`, {
    next: "Leave one ListenStream= in the unit: host/mayfly.socket is an example.",
  });
}
