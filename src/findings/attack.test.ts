import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AttackMatrix } from "./index.ts";

const TABLE = readFileSync(new URL("../../data/attack-techniques.tsv", import.meta.url), "utf8");

describe("the attack matrix", () => {
  it("has every technique of the published table", () => {
    expect(new AttackMatrix(TABLE).size).toBe(691);
  });

  it("gives a technique its published name, tactics, address and STIX id", () => {
    const matrix = new AttackMatrix(TABLE);
    expect(matrix.technique("T1001.002")).toEqual({
      id: "T1001.002",
      name: "Steganography",
      tactics: ["command-and-control"],
      url: "https://attack.mitre.org/techniques/T1001/002",
    });
    expect(matrix.find("T1001.002")?.stixId).toBe("attack-pattern--eec23884-3fa1-4d8a-ac50-6f104d51e235");
    expect(matrix.technique("T1053.003").tactics.length).toBeGreaterThan(1);
  });

  it("refuses an id that is not there, and a table that is none", () => {
    expect(() => new AttackMatrix(TABLE).technique("T0000")).toThrow(/no technique "T0000"/);
    expect(() => new AttackMatrix("")).toThrow(/first line/);
    expect(() => new AttackMatrix(`${TABLE}nonsense\n`)).toThrow(/line 693 is no technique/);
  });
});
