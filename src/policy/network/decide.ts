import { neutralise } from "../../foundation/index.ts";
import { parseAddress, type Address } from "./address.ts";
import type { AddressDestination, Destination, Refusal } from "./destination.ts";
import { showPorts } from "./ports.ts";
import type { PrivateAddresses } from "./private-addresses.ts";
import { fits, type CompiledRule } from "./rule.ts";
import { embedsIpv4, specialUse } from "./special-ranges.ts";
import { isAbout } from "./target.ts";
import { PLAIN_TERMS } from "./terms.ts";
import type { AddressVerdict, Verdict } from "./verdict.ts";

/** The order of all decisions: `deny`, then what an address is, then `allow`, then `private`; and nothing by default. */
export class Decider {
  readonly #allowed: readonly CompiledRule[];
  readonly #denied: readonly CompiledRule[];
  readonly #privates: PrivateAddresses;

  constructor(allowed: readonly CompiledRule[], denied: readonly CompiledRule[], privates: PrivateAddresses) {
    this.#allowed = allowed;
    this.#denied = denied;
    this.#privates = privates;
  }

  decide(asked: Destination | Refusal): Verdict {
    if (asked.kind === "refused") return { allowed: false, reason: asked.reason };
    if (asked.kind === "address") {
      const judged = this.judgeAddress(asked, asked.address);
      if (!judged.allowed) return judged;
    } else {
      const denied = this.#deniedBy(asked);
      if (denied !== undefined) return denied;
    }
    const rule = this.#allowed.find(({ entries }) => entries.some((entry) => fits(entry, asked)));
    if (rule !== undefined) return allow(rule, asked);
    const isListed = asked.kind === "address" ? this.#privates.ruleFor(asked.address, asked.port) : undefined;
    if (isListed !== undefined) return { allowed: true, rule: isListed, terms: PLAIN_TERMS };
    return this.#notAllowed(asked);
  }

  /** Only what is public, or is listed with exactly this port, and is not denied. */
  judgeAddress({ port }: Destination, text: string): AddressVerdict {
    const address = parseAddress(text);
    if (address === undefined)
      return { allowed: false, reason: `"${neutralise(text, 60)}" is no plain address` };
    const denied = this.#deniedBy(asDestination(address, port));
    if (denied !== undefined) return denied;
    const { text: canonical, family } = address;
    const use = specialUse(address);
    const rule = embedsIpv4(address) ? undefined : this.#privates.ruleFor(canonical, port);
    if (use === undefined) return { allowed: true, address: canonical, family, rule };
    if (rule !== undefined) return { allowed: true, address: canonical, family, rule };
    return { allowed: false, reason: `${canonical} is ${use}` };
  }

  #deniedBy(asked: Destination): (Verdict & { allowed: false }) | undefined {
    const rule = this.#denied.find(({ entries }) => entries.some((entry) => fits(entry, asked)));
    return rule && { allowed: false, reason: "it is denied", rule: rule.name };
  }

  /** Where a rule came near, it is told: that is what people look for. */
  #notAllowed(asked: Destination): Verdict {
    for (const { name, entries } of this.#allowed) {
      const near = entries.find(({ target }) => isAbout(target, asked));
      if (near !== undefined)
        return { allowed: false, reason: `the rule is for ${showPorts(near.ports)} only`, rule: name };
      const isBase = entries.some(
        ({ target }) => target.kind === "below" && asked.kind === "name" && target.base === asked.name,
      );
      if (isBase)
        return {
          allowed: false,
          reason: "a wildcard stands for what is below a name, not for itself",
          rule: name,
        };
    }
    return {
      allowed: false,
      reason: this.#allowed.length === 0 ? "nothing is allowed" : "no rule allows it",
    };
  }
}

function allow({ name, terms }: CompiledRule, asked: Destination): Verdict {
  if (terms.tls && asked.kind === "address")
    return { allowed: false, reason: "it must be asked for by name, since TLS is required", rule: name };
  return { allowed: true, rule: name, terms };
}

function asDestination({ text, family }: Address, port: number): AddressDestination {
  return { kind: "address", address: text, family, port };
}
