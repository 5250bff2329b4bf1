import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { MayflyError, attempt } from "../foundation/index.ts";

/** As many as a Debian root file system may use. */
const NEEDED = 65_536;

/** Images of ordinary users are built in a user namespace with a range of ids (subuid(5)). @throws E_SETUP_NEEDED */
export function requireSubordinateIds(): void {
  const { uid, username } = userInfo();
  if (uid === 0) return;
  const read = (path: string): string =>
    attempt(() => readFileSync(path, "utf8"), "a system without it gives nobody any") ?? "";
  if (["/etc/subuid", "/etc/subgid"].every((path) => hasSubordinateIds(read(path), username, uid))) return;
  throw new MayflyError(
    "E_SETUP_NEEDED",
    `${username} has no subordinate user and group ids, which building images without root needs`,
    {
      next: `Run once: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}`,
    },
  );
}

export function hasSubordinateIds(subuid: string, user: string, uid: number): boolean {
  return subuid.split("\n").some((line) => {
    const [name, , count] = line.split(":");
    return (name === user || name === String(uid)) && Number(count) >= NEEDED;
  });
}
