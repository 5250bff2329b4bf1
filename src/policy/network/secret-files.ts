import type { NetworkPolicy, NetworkRule, Secret } from "../../contract/index.ts";

/** The same policy with each secret's file named as `absolute` says: a policy's own folder is where they begin. */
export function withSecretFiles(policy: NetworkPolicy, absolute: (file: string) => string): NetworkPolicy {
  const located = (secret: Secret): Secret =>
    typeof secret === "object" && "file" in secret ? { file: absolute(secret.file) } : secret;
  const rule = (each: string | NetworkRule): string | NetworkRule => {
    if (typeof each === "string" || each.inject === undefined) return each;
    const headers = Object.entries(each.inject).map(([name, secret]) => [name, located(secret)] as const);
    return { ...each, inject: Object.fromEntries(headers) };
  };
  return { ...policy, allow: policy.allow?.map(rule) };
}
