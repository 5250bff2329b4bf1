import { randomBytes } from "node:crypto";

/** Ids of micro-VMs and tasks: `m` and 12 characters of Crockford-like base 32, 60 random bits. */
export type VmId = `m${string}`;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export function newVmId(): VmId {
  const text = Array.from(randomBytes(12), (byte) => ALPHABET[byte & 31]).join("");
  return `m${text}`;
}

export function isVmId(text: string): text is VmId {
  return /^m[0-9abcdefghjkmnpqrstvwxyz]{12}$/.test(text);
}
