import { readFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { TaskPolicy } from "../contract/index.ts";
import { MIB, MayflyError, attempt, errnoOf } from "../foundation/index.ts";
import type { LocatedPolicy, NetworkExplanation } from "../policy/network/index.ts";
import { splitTarget } from "./policy-target.ts";

const LARGEST_POLICY = MIB;

/** A policy as a command line gives it: a file, and rules besides. */
export interface PolicyParts {
  /** Path of a policy document. */
  readonly file?: string | undefined;
  /** More rules, each with nothing but `to`. */
  readonly allow?: readonly string[] | undefined;
}

export interface PolicySummary {
  /** How many rules of each kind it has. */
  readonly allow: number;
  readonly deny: number;
  readonly private: number;
}

/**
 * Reads a policy document from a file; secrets' files are relative to its folder.
 * @throws E_BAD_POLICY with line and suggestion, E_INPUT_MISSING, E_INPUT_UNREADABLE
 */
export async function readPolicy(file: string): Promise<LocatedPolicy> {
  const { badPolicy, parsePolicy, withSecretFiles } = await import("../policy/network/index.ts");
  const bytes = await readAtMost(file, LARGEST_POLICY + 1);
  const refuse = (what: string): MayflyError => badPolicy({ key: "", where: file }, what);
  if (bytes.length > LARGEST_POLICY) throw refuse("it is larger than 1 MiB");
  const text = attempt(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes), "told below");
  if (text === undefined) throw refuse("it is no UTF-8 text");
  const { policy, locate, ...others } = await parsePolicy(text, file);
  const folder = dirname(resolve(file));
  return { policy: withSecretFiles(policy, (secret) => resolve(folder, secret)), locate, ...others };
}

/** Checks a policy document as a task would. @throws as `readPolicy` */
export async function checkPolicy(file: string): Promise<PolicySummary> {
  const { compileNetwork } = await import("../policy/network/index.ts");
  const { policy, locate } = await readPolicy(file);
  compileNetwork(policy, locate);
  const { allow = [], deny = [], private: listed = [] } = policy;
  return { allow: allow.length, deny: deny.length, private: listed.length };
}

/**
 * What a command line allows: the document's rules, then the others.
 * @returns empty where it says nothing
 * @throws as `readPolicy`
 */
export async function locatePolicy({ file, allow = [] }: PolicyParts): Promise<TaskPolicy> {
  if (file === undefined && allow.length === 0) return {};
  const { mergeNetwork, networkOfOptions } = await import("../policy/network/index.ts");
  const document = file === undefined ? undefined : await readPolicy(file);
  const parts = document === undefined ? [] : [document];
  const { allow: rules, deny, private: listed, budget } = document?.policy ?? {};
  const saysNothing = [rules, deny, listed, budget].every((part) => part === undefined) && allow.length === 0;
  const network = saysNothing ? undefined : mergeNetwork(...parts, networkOfOptions(allow));
  return { network, onFinding: document?.onFinding, ...document?.view };
}

/**
 * Says whether a policy allows a host and port, by which rule, and what is still checked when a task connects. Nothing
 * is resolved or connected.
 * @param target `example.org:443`; without a port 443
 * @throws as `readPolicy`, E_USAGE for a target that names none
 */
export async function explainPolicy(target: string, parts: PolicyParts): Promise<NetworkExplanation> {
  const { host, port } = splitTarget(target);
  const { compileNetwork, explainNetwork, mergeNetwork, networkOfOptions } =
    await import("../policy/network/index.ts");
  const { file, allow = [] } = parts;
  const document = file === undefined ? [] : [await readPolicy(file)];
  const { policy, locate } = mergeNetwork(...document, networkOfOptions(allow));
  return explainNetwork(compileNetwork(policy, locate), host, port);
}

/** The JSON Schema (2020-12) of policy documents, as text. */
export function policySchema(): string {
  return readFileSync(fileURLToPath(new URL("../../docs/policy.schema.json", import.meta.url)), "utf8");
}

async function readAtMost(file: string, most: number): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const chunks: Buffer[] = [];
    for await (const chunk of handle.createReadStream({ end: most - 1, autoClose: false }))
      chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (cause) {
    const errno = errnoOf(cause) ?? "unknown";
    const isMissing = errno === "ENOENT" || errno === "ENOTDIR";
    const what = isMissing ? `There is no policy ${file}` : `The policy ${file} cannot be read: ${errno}`;
    throw new MayflyError(isMissing ? "E_INPUT_MISSING" : "E_INPUT_UNREADABLE", what, {
      cause,
      next: "Name a policy document, YAML or JSON; docs/policy.md describes the format.",
    });
  } finally {
    await handle?.close();
  }
}
