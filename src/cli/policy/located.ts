import type { TaskPolicy } from "../../contract/index.ts";

interface Said {
  readonly policy?: string | undefined;
  readonly allow?: readonly string[] | undefined;
}

/**
 * What `--policy` and `--allow` say. What reads policies takes long to load, and most command lines have none.
 * @throws E_BAD_POLICY, E_INPUT_MISSING, E_INPUT_UNREADABLE
 */
export async function policyFrom({ policy: file, allow = [] }: Said): Promise<TaskPolicy> {
  if (file === undefined && allow.length === 0) return {};
  const { locatePolicy } = await import("../../sdk/policy.ts");
  return await locatePolicy({ file, allow });
}
