import type { Locate, LocatedNetwork, NetworkBudget, NetworkPolicy } from "../../contract/index.ts";
import { locateByKey } from "./place.ts";

const BUDGETS = ["bytesOut", "connections", "connectionsPerSecond"] as const;
const LISTS = ["allow", "deny", "private"] as const;

/** What was given as options on a command line: rules with nothing but `to`. */
export function networkOfOptions(allow: readonly string[], option = "--allow"): LocatedNetwork {
  return { policy: { allow }, locate: () => ({ key: option }) };
}

/** Policies added up, those of a profile first: lists one after the other, of budgets the smaller. */
export function mergeNetwork(...parts: readonly (LocatedNetwork | NetworkPolicy)[]): LocatedNetwork {
  const located = parts.map((part) => ("locate" in part ? part : { policy: part, locate: locateByKey }));
  const of = <L extends (typeof LISTS)[number]>(list: L): NonNullable<NetworkPolicy[L]> =>
    located.flatMap(({ policy }) => (policy[list] ?? []) as readonly never[]);
  const policy = { allow: of("allow"), deny: of("deny"), private: of("private"), budget: smallest(located) };
  return { policy, locate: locateIn(located) };
}

function smallest(parts: readonly LocatedNetwork[]): NetworkBudget {
  const least = BUDGETS.map((name) => {
    const given = parts.flatMap(({ policy }) => policy.budget?.[name] ?? []);
    return [name, given.length === 0 ? undefined : Math.min(...given)] as const;
  });
  return Object.fromEntries(least.filter(([, value]) => value !== undefined));
}

/** An index into a list that was put together is one into the list of a part. */
function locateIn(parts: readonly LocatedNetwork[]): Locate {
  return (path) => {
    const [top, list, index, ...rest] = path;
    const name = LISTS.find((each) => each === list);
    if (name === undefined || typeof index !== "number") return locateByKey(path);
    let left = index;
    for (const { policy, locate } of parts) {
      const { length } = policy[name] ?? [];
      if (left < length) return locate([top ?? "network", name, left, ...rest]);
      left -= length;
    }
    return locateByKey(path);
  };
}
