import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AttackMatrix } from "../findings/index.ts";
import { INSTALLATION } from "../image/index.ts";

let matrix: Promise<AttackMatrix> | undefined;

/** The published matrix of techniques, read once in a process. @throws E_INTERNAL where the installation is damaged */
export async function attackMatrix(): Promise<AttackMatrix> {
  matrix ??= readFile(join(INSTALLATION, "data", "attack-techniques.tsv"), "utf8").then(
    (table) => new AttackMatrix(table),
  );
  return await matrix;
}
