import type { Technique } from "../contract/index.ts";
import { MayflyError } from "../foundation/index.ts";

/** A technique with the id that MITRE's published STIX data gives it. */
export interface PublishedTechnique extends Technique {
  /** `attack-pattern--…` */
  readonly stixId: string;
}

const COLUMNS = ["id", "name", "tactics", "platforms", "stix_id", "url", "version"];
const ID = /^T\d{4}(?:\.\d{3})?$/;
const STIX_ID = /^attack-pattern--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Techniques of MITRE ATT&CK by their ids, out of the table in `data/`. */
export class AttackMatrix {
  readonly #techniques: ReadonlyMap<string, PublishedTechnique>;

  /**
   * @param table text of `attack-techniques.tsv`
   * @throws E_INTERNAL for one that is not such a table
   */
  constructor(table: string) {
    const [head, ...lines] = table.split("\n").filter((line) => line !== "");
    if (head !== COLUMNS.join("\t")) throw notATable("its first line does not name the columns");
    this.#techniques = new Map(lines.map(readLine).map((technique) => [technique.id, technique]));
  }

  /** How many there are. */
  get size(): number {
    return this.#techniques.size;
  }

  /** Undefined for an id that the matrix does not have. */
  find(id: string): PublishedTechnique | undefined {
    return this.#techniques.get(id);
  }

  /** What a report says of a technique. @throws E_USAGE for an id that the matrix does not have */
  technique(id: string): Technique {
    const found = this.find(id);
    if (found === undefined) {
      throw new MayflyError("E_USAGE", `MITRE ATT&CK has no technique "${id}"`, {
        next: "data/attack-techniques.tsv lists them.",
      });
    }
    const { name, tactics, url } = found;
    return { id, name, tactics, url };
  }
}

function readLine(line: string, index: number): PublishedTechnique {
  const [id = "", name = "", tactics = "", , stixId = "", url = ""] = line.split("\t");
  if (!ID.test(id) || name === "" || !STIX_ID.test(stixId) || !url.startsWith("https://"))
    throw notATable(`line ${index + 2} is no technique`);
  return { id, name, tactics: tactics.split(",").filter((tactic) => tactic !== ""), stixId, url };
}

function notATable(why: string): MayflyError {
  return new MayflyError("E_INTERNAL", `The table of attack techniques cannot be read: ${why}`);
}
