import type { Locate } from "../../contract/index.ts";
import { neutralise } from "../../foundation/index.ts";
import { rangeable } from "./address.ts";
import { showAddress } from "./destination.ts";
import { badPolicy, ruleName, type RuleName } from "./place.ts";
import { readTarget, type Entry } from "./rule.ts";
import { embedsIpv4, specialUse } from "./special-ranges.ts";

/** Addresses with ports that may be dialled although they are not public, or are this host's own, and the rule of each. */
export class PrivateAddresses {
  readonly #rules = new Map<string, RuleName>();

  /** @throws E_BAD_POLICY */
  constructor(entries: readonly string[], locate: Locate) {
    for (const [i, text] of entries.entries()) {
      const path = ["network", "private", i];
      this.#rules.set(readEntry(text, path, locate), ruleName(locate(path), text));
    }
  }

  /** The rule that names exactly this address and port. */
  ruleFor(address: string, port: number): RuleName | undefined {
    return this.#rules.get(showAddress(address, port));
  }

  /** Each as it was written, for explaining: address with port, and its rule. */
  get rules(): ReadonlyMap<string, RuleName> {
    return this.#rules;
  }

  /** First port of an `allow` entry with an address that is not public and that is not listed here. */
  missingPort({ target, ports }: Entry): number | undefined {
    if (target.kind !== "address" || specialUse(target.address) === undefined) return undefined;
    for (const [first, last] of ports) {
      for (let port = first; port <= last; port++)
        if (this.ruleFor(target.address.text, port) === undefined) return port;
    }
    return undefined;
  }
}

function readEntry(text: string, path: readonly (string | number)[], locate: Locate): string {
  const refuse = (what: string): Error => badPolicy(locate(path), `"${neutralise(text, 100)}": ${what}`);
  const { target, ports } = readTarget(text, path, locate);
  if (target.kind !== "address")
    throw refuse("write the address that is meant, with its port; a name that has it goes into `allow`");
  const { address } = target;
  if (ports === undefined || ports[0] !== ports[1])
    throw refuse(`write one port, such as "${showAddress(address.text, 443)}"`);
  const use = specialUse(address);
  if (embedsIpv4(address)) throw refuse("write the IPv4 address itself");
  if (["unspecified", "multicast", "broadcast"].includes(rangeable(address).range()))
    throw refuse(`${address.text} is ${use ?? "special"}, to which nothing can be connected`);
  return showAddress(address.text, ports[0]);
}
