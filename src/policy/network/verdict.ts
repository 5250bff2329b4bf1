import type { RuleName } from "./place.ts";
import type { Terms } from "./terms.ts";

/** What is decided of a destination before it is resolved. */
export type Verdict =
  | { readonly allowed: true; readonly rule: RuleName; readonly terms: Terms }
  | {
      readonly allowed: false;
      /** One clause, for a person. */
      readonly reason: string;
      /** The one that refused it, or that came near to allowing it. */
      readonly rule?: RuleName | undefined;
    };

/** What is decided of one address, which a name has or which was asked for. */
export type AddressVerdict =
  | {
      readonly allowed: true;
      /** Canonical; exactly this is to be dialled. */
      readonly address: string;
      readonly family: 4 | 6;
      /** The `private` entry that allows it; undefined where it is public. */
      readonly rule?: RuleName | undefined;
    }
  | { readonly allowed: false; readonly reason: string; readonly rule?: RuleName | undefined };
