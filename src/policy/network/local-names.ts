/** Suffixes, with what a name below one is or is of. Refused whatever a policy says. */
const NEVER: Readonly<Record<string, string>> = {
  localhost: "it is the host itself",
  localdomain: "it is the host itself",
  localdomain4: "it is the host itself",
  localdomain6: "it is the host itself",
  local: "it is a name of the local network (mDNS), which Mayfly does not ask",
  onion: "it is a name of Tor, which the DNS has not",
  invalid: "it is a name that never exists",
};

/** Suffixes that local networks use: RFC 6762 appendix G, RFC 8375, ICANN's `internal`, and what routers are sold with. */
const OF_LOCAL_NETWORKS: readonly string[] = [
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "home.arpa",
  "localnet",
  "fritz.box",
];

/** Why a name can never be asked for: it is the host's own, or no name of the DNS. A clause about "it". */
export function hostItself(name: string): string | undefined {
  const suffix = Object.keys(NEVER).find((each) => isBelowOrIs(name, each));
  if (suffix !== undefined) return NEVER[suffix];
  return name.includes(".") ? undefined : "it has no dot, so it is a name of the local network";
}

/** A name that only a rule with that name can allow, never a set. */
export function isOfLocalNetwork(name: string): boolean {
  return OF_LOCAL_NETWORKS.some((each) => isBelowOrIs(name, each));
}

export function isBelow(name: string, base: string): boolean {
  return name.endsWith(`.${base}`);
}

function isBelowOrIs(name: string, base: string): boolean {
  return name === base || isBelow(name, base);
}
