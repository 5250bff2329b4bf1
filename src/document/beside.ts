import { basename } from "node:path";
import type { DocumentChoices, SafeForm } from "../contract/index.ts";
import { numbered } from "../task/index.ts";
import { findTaken } from "./forms/index.ts";
import { nameDocument, type DocumentNames, type NameSource } from "./naming.ts";

/** So many copies of one name, and the next is an error. */
const MOST_BESIDE = 1_000;

/** Names whose safe copies stand in nobody's way: where they are taken, those of `letter (2).txt`, and so on. */
export async function nameBeside(
  source: NameSource,
  choices: DocumentChoices,
  forms: readonly SafeForm[],
): Promise<DocumentNames> {
  const own = basename(source.name ?? source.path ?? "document");
  let names = nameDocument(source, choices);
  for (let count = 2; count <= MOST_BESIDE && (await findTaken(forms, names)) !== undefined; count++)
    names = nameDocument({ ...source, name: numbered(own, count) }, choices);
  return names;
}
