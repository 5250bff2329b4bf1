import { isAbsolute } from "node:path";
import type {
  Locate,
  LocatedNetwork,
  NetworkPolicy,
  NetworkRule,
  Place,
  Secret,
  TaskPolicy,
} from "../contract/index.ts";
import type { WirePolicy } from "./jobs.ts";

/**
 * A policy as another process of the same user can apply it: with its secrets' values and the places of its parts.
 * @returns undefined where a secret's file is named from where this process is
 */
export function portablePolicy(
  { network, ...plain }: TaskPolicy,
  env: Readonly<Record<string, string | undefined>>,
): WirePolicy | undefined {
  const secrets = secretsIn(network);
  if (secrets.some(isElsewhere)) return undefined;
  return { ...plain, network: network && portableNetwork(network), secrets: valuesOf(secrets, env) };
}

/** The policy that a portable one stands for. */
export function policyOf({ network, secrets: _secrets, ...plain }: WirePolicy): TaskPolicy {
  return { ...plain, network: network && locatedNetwork(network) };
}

function isElsewhere(secret: Secret): boolean {
  return typeof secret === "object" && "file" in secret && !isAbsolute(secret.file);
}

function portableNetwork(network: NetworkPolicy | LocatedNetwork): WirePolicy["network"] {
  if (!("locate" in network)) return { policy: { ...network }, places: [] };
  const { policy, locate } = network;
  const places = pathsIn(policy, ["network"]).map((path) => ({
    path: JSON.stringify(path),
    ...place(locate(path)),
  }));
  return { policy: { ...policy }, places };
}

function place({ key, where }: Place): Place {
  return { key, ...(where === undefined ? {} : { where }) };
}

function locatedNetwork({
  policy,
  places,
}: NonNullable<WirePolicy["network"]>): NetworkPolicy | LocatedNetwork {
  if (places.length === 0) return policy;
  const known = new Map(places.map(({ path, ...each }) => [path, each]));
  const locate: Locate = (path) => {
    for (let length = path.length; length > 0; length--) {
      const found = known.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return { key: path.join(".") };
  };
  return { policy, locate };
}

type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...steps.flatMap(([step, inner]) => pathsIn(inner, [...path, step]))];
}

function secretsIn(network: NetworkPolicy | LocatedNetwork | undefined): Secret[] {
  if (network === undefined) return [];
  const { allow = [] } = "locate" in network ? network.policy : network;
  const rules = allow.filter((rule): rule is NetworkRule => typeof rule !== "string");
  return rules.flatMap(({ inject = {} }) => Object.values(inject));
}

/** Of secrets that are in variables: this process's, not the other one's. */
function valuesOf(
  secrets: readonly Secret[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const names = secrets.flatMap((secret) =>
    typeof secret === "object" && "env" in secret ? [secret.env] : [],
  );
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
