import { readFileSync, statSync } from "node:fs";
import type { Secret } from "../contract/index.ts";
import { MayflyError, errnoOf, neutralise } from "../foundation/index.ts";
import { headerValueProblem } from "../policy/network/index.ts";

const LARGEST_FILE = 16_384;

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
      const value = valueOf(name, secret, env);
      const problem = headerValueProblem(value);
      if (problem !== undefined) throw bad(name, problem);
      return [name, value];
    }),
  );
}

function valueOf(name: string, secret: Secret, env: NodeJS.ProcessEnv): string {
  if (typeof secret === "string") return secret;
  if ("file" in secret) return textOf(name, secret.file);
  const value = env[secret.env];
  if (value === undefined || value === "")
    throw bad(name, `the variable ${neutralise(secret.env, 60)} is not set`);
  return value;
}

function textOf(name: string, file: string): string {
  try {
    if (statSync(file).size <= LARGEST_FILE) return readFileSync(file, "utf8").trimEnd();
  } catch (cause) {
    throw bad(name, `${neutralise(file, 200)} cannot be read (${errnoOf(cause) ?? "unknown"})`);
  }
  throw bad(name, `${neutralise(file, 200)} has more than ${LARGEST_FILE} bytes`);
}

function bad(name: string, what: string): MayflyError {
  return new MayflyError("E_BAD_POLICY", `The header ${neutralise(name, 60)} cannot be injected: ${what}`, {
    next: "Set the variable or name a file that holds the value; see docs/policy.md.",
  });
}
