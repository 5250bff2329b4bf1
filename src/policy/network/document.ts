import * as v from "valibot";
import type { Locate, LocatedNetwork, OnFinding, ViewPolicy } from "../../contract/index.ts";
import { tellMistake } from "../../foundation/index.ts";
import { readYaml } from "../../foundation/yaml-document.ts";
import { admitOnFinding } from "./on-finding.ts";
import { badPolicy, showPath } from "./place.ts";
import { PolicySchema } from "./schema.ts";

/** A policy document that was read. */
export interface LocatedPolicy extends LocatedNetwork {
  readonly onFinding: OnFinding | undefined;
  readonly view: ViewPolicy;
}

/** Reads the text of a policy document. @throws E_BAD_POLICY with file, line and the nearest known key */
export function readPolicyDocument(text: string, file: string): LocatedPolicy {
  const { value, lineOf } = readYaml(text, (line, what) =>
    badPolicy({ key: "", where: `${file}:${line}` }, what),
  );
  const locate: Locate = (path) => ({ key: showPath(path), where: `${file}:${lineOf(path)}` });
  const parsed = v.safeParse(PolicySchema, value);
  if (parsed.success) {
    const { network = {}, on_finding: given, clipboard, downloads, printing } = parsed.output;
    const view = { clipboard, downloads, printing };
    return { policy: network, locate, onFinding: given && admitOnFinding(given, locate), view };
  }
  const { path, what } = tellMistake(parsed.issues, PolicySchema);
  throw badPolicy(locate(path), what);
}
