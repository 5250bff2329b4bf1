import { readFileSync, statSync } from "node:fs";
import type { LocatedNetwork, Secret } from "../contract/index.ts";
import { MayflyError, errnoOf, neutralise } from "../foundation/index.ts";
import { badPolicy, headerValueProblem } from "../policy/network/index.ts";

const LARGEST_FILE = 16_384;

/** A secret's value, or why there is none: one clause, without it. */
type Looked = { readonly value: string } | { readonly problem: string };

/**
 * Looks each secret of a policy up, so that one that is not there is told before anything is made.
 * @throws E_BAD_POLICY naming the header and where the policy has it, never the value
 */
export function requireSecrets(
  { policy: { allow = [] }, locate }: LocatedNetwork,
  env: NodeJS.ProcessEnv,
): void {
  for (const [i, rule] of allow.entries()) {
    const { inject = {} } = typeof rule === "string" ? {} : rule;
    for (const [name, secret] of Object.entries(inject)) {
      const looked = lookUp(secret, env);
      if ("problem" in looked)
        throw badPolicy(
          locate(["network", "allow", i, "inject", name]),
          cannotInject(name, looked.problem),
          "Set the variable or name a file that holds the value; see docs/policy.md.",
        );
    }
  }
}

/**
 * The headers of a rule with their values. They are looked up when a stream needs them and go no further than to the
 * one who was allowed to have them. @throws E_BAD_POLICY naming the header, never the value
 */
export function headersOf(
  inject: Readonly<Record<string, Secret>>,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inject).map(([name, secret]) => {
      const looked = lookUp(secret, env);
      if ("problem" in looked) throw new MayflyError("E_BAD_POLICY", cannotInject(name, looked.problem));
      return [name, looked.value];
    }),
  );
}

function lookUp(secret: Secret, env: NodeJS.ProcessEnv): Looked {
  const looked = valueOf(secret, env);
  const problem = "value" in looked ? headerValueProblem(looked.value) : undefined;
  return problem === undefined ? looked : { problem };
}

function valueOf(secret: Secret, env: NodeJS.ProcessEnv): Looked {
  if (typeof secret === "string") return { value: secret };
  if ("file" in secret) return textOf(secret.file);
  const value = env[secret.env];
  return value === undefined || value === ""
    ? { problem: `the variable ${neutralise(secret.env, 60)} is not set` }
    : { value };
}

function textOf(file: string): Looked {
  const shown = neutralise(file, 200);
  try {
    return statSync(file).size <= LARGEST_FILE
      ? { value: readFileSync(file, "utf8").trimEnd() }
      : { problem: `${shown} has more than ${LARGEST_FILE} bytes` };
  } catch (cause) {
    const errno = errnoOf(cause) ?? "unknown";
    return {
      problem: errno === "ENOENT" ? `there is no file ${shown}` : `${shown} cannot be read (${errno})`,
    };
  }
}

function cannotInject(name: string, problem: string): string {
  return `the header ${neutralise(name, 60)} cannot be injected: ${problem}`;
}
