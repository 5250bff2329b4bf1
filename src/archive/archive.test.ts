import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SAMPLE } from "../../test/support/sample-report.ts";
import type { Report } from "../contract/index.ts";
import { newVmId } from "../foundation/index.ts";
import { ReportArchive, verifySigned } from "./index.ts";

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "mayfly-state-"));
});
afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

const sample = (changes: Partial<Report["result"]> = {}): Report => ({
  ...SAMPLE,
  result: { ...SAMPLE.result, id: newVmId(), ...changes },
});
const keep = async (archive: ReportArchive, report: Report): Promise<string> =>
  archive.put(await archive.seal(report));
const idsOf = (archive: ReportArchive, query = {}): string[] =>
  [...archive.search(query)].map(({ signed }) => signed.report.result.id);

describe("a signed report", () => {
  it("is whole, and says whose key signed it", async () => {
    const { bytes, signed } = await new ReportArchive(state).seal(SAMPLE);
    expect(verifySigned(bytes, state)).toMatchObject({
      signer: "own",
      signed: { report: { result: { id: SAMPLE.result.id } } },
    });
    expect(verifySigned(bytes, join(state, "elsewhere"))).toMatchObject({ signer: "other" });
    expect(signed.receipt.algorithm).toBe("ed25519");
  });

  it("fails with any one byte changed, added or taken away", async () => {
    const { bytes } = await new ReportArchive(state).seal({
      ...SAMPLE,
      witness: { ...SAMPLE.witness, events: [] },
    });
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1 << (at % 8)]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bit;
        expect(() => verifySigned(changed, state), `byte ${at} ^ ${bit}`).toThrow(
          /not what was signed|no report/,
        );
      }
    }
    expect(() => verifySigned(bytes.subarray(0, -1), state)).toThrow(/not what was signed/);
    expect(() => verifySigned(Buffer.concat([bytes, Buffer.from(" ")]), state)).toThrow(
      /not what was signed/,
    );
    const formatted = Buffer.from(JSON.stringify(JSON.parse(bytes.toString()), undefined, 2));
    expect(() => verifySigned(formatted, state)).toThrow(/not written as Mayfly writes it/);
  });

  it("is another's where somebody signs a changed one with a key of his own", async () => {
    await new ReportArchive(state).seal(SAMPLE);
    const forged = await new ReportArchive(join(state, "forger")).seal({ ...SAMPLE, findings: [] });
    expect(verifySigned(forged.bytes, state)).toMatchObject({ signer: "other" });
  });
});

describe("the installation's key", () => {
  it("is made once, for its owner only, however many begin at once", async () => {
    const sealed = await Promise.all(
      Array.from({ length: 8 }, async () => await new ReportArchive(state).seal(SAMPLE)),
    );
    expect(new Set(sealed.map(({ signed }) => signed.receipt.key)).size).toBe(1);
    expect(statSync(join(state, "signing-key.pem")).mode & 0o777).toBe(0o600);
    expect(readdirSync(state)).toEqual(["signing-key.pem"]);
    chmodSync(join(state, "signing-key.pem"), 0o644);
    await new ReportArchive(state).seal(SAMPLE);
    expect(statSync(join(state, "signing-key.pem")).mode & 0o777).toBe(0o600);
  });

  it("is not made anew where it is damaged", async () => {
    await new ReportArchive(state).seal(SAMPLE);
    writeFileSync(join(state, "signing-key.pem"), "nonsense");
    await expect(new ReportArchive(state).seal(SAMPLE)).rejects.toMatchObject({ code: "E_STORE_UNWRITABLE" });
  });
});

describe("the archive", () => {
  it("finds by id, by the beginning of one, and the last", async () => {
    const archive = new ReportArchive(state);
    await keep(archive, sample({ id: "maaaaaaaaaaaa" }));
    const path = await keep(archive, sample({ id: "mab0000000000" }));
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    expect(archive.get("maa").signed.report.result.id).toBe("maaaaaaaaaaaa");
    expect(archive.get("last").signed.report.result.id).toBe("mab0000000000");
    expect(() => archive.get("ma")).toThrow(/begins 2 ids/);
    expect(() => archive.get("")).toThrow(/No report/);
    expect(() => archive.get("../../etc/passwd")).toThrow(/No report/);
    expect(archive.remove("maa")).toBe("maaaaaaaaaaaa");
    expect(() => archive.get("maaaaaaaaaaaa")).toThrow(/No report/);
  });

  it("searches", async () => {
    const archive = new ReportArchive(state);
    const calm = sample({ profile: "python" });
    await keep(archive, { ...calm, findings: [], command: ["python3", "Analyse.py"] });
    const grave = sample();
    const old = await keep(archive, grave);
    utimesSync(old, new Date(), new Date(Date.now() - 3 * 24 * 3_600_000));
    expect(idsOf(archive)).toEqual([calm.result.id, grave.result.id]);
    expect(idsOf(archive, { profile: "python" })).toEqual([calm.result.id]);
    expect(idsOf(archive, { severity: "high" })).toEqual([grave.result.id]);
    expect(idsOf(archive, { finding: "persistence-" })).toEqual([grave.result.id]);
    expect(idsOf(archive, { finding: "nothing" })).toEqual([]);
    expect(idsOf(archive, { text: "analyse.PY" })).toEqual([calm.result.id]);
    expect(idsOf(archive, { since: new Date(Date.now() - 24 * 3_600_000) })).toEqual([calm.result.id]);
  });

  it("leaves out what cannot be read, and tells of it when it is asked for", async () => {
    const archive = new ReportArchive(state);
    writeFileSync(await keep(archive, sample({ id: "mdamaged00000" })), "{");
    expect(idsOf(archive)).toEqual([]);
    expect(() => archive.get("mdamaged00000")).toThrow(
      expect.objectContaining({ code: "E_BAD_REPORT" }) as Error,
    );
  });

  it("keeps within its bounds: the oldest go, never the one that was just written", async () => {
    const archive = new ReportArchive(state);
    const paths: string[] = [];
    for (let i = 0; i < 6; i++) {
      const path = await keep(archive, sample());
      utimesSync(path, new Date(), new Date(Date.now() - (6 - i) * 60_000));
      paths.push(path);
    }
    const { size } = statSync(paths[0] ?? "");
    await keep(new ReportArchive(state, { bytes: size * 3 + 10 }), sample());
    expect(idsOf(archive)).toHaveLength(2); // a little below, so that the next one does not look again
    await keep(new ReportArchive(state, { bytes: 1 }), sample());
    expect(idsOf(archive)).toHaveLength(1);
    const aged = await keep(archive, sample());
    utimesSync(aged, new Date(), new Date(Date.now() - 100 * 24 * 3_600_000));
    rmSync(join(state, "reports-tally.json"));
    await keep(archive, sample());
    expect(idsOf(archive)).toHaveLength(2);
    await keep(new ReportArchive(state, { reports: 1 }), sample());
    expect(idsOf(archive)).toHaveLength(1);
  });

  it("looks through its reports only where they may be over its bounds, or a day after it last did", async () => {
    const tally = join(state, "reports-tally.json");
    const looked = (): number => (JSON.parse(readFileSync(tally, "utf8")) as { looked: number }).looked;
    const archive = new ReportArchive(state, { reports: 40 });
    await keep(archive, sample());
    const first = looked();
    for (let i = 1; i < 40; i++) await keep(archive, sample());
    expect(looked()).toBe(first);
    expect(idsOf(archive)).toHaveLength(40);
    await keep(archive, sample());
    expect(idsOf(archive)).toHaveLength(38);
    const text = readFileSync(tally, "utf8");
    expect(JSON.parse(text)).toMatchObject({ reports: 38 });
    writeFileSync(tally, text.replace(/"looked":\d+/, `"looked":${Date.now() - 25 * 3_600_000}`));
    await keep(archive, sample());
    expect(looked()).toBeGreaterThan(first);
    writeFileSync(tally, "{");
    await keep(archive, sample());
    expect(JSON.parse(readFileSync(tally, "utf8"))).toMatchObject({ reports: 40 });
  });

  it("sweeps what a killed first start left beside the key", async () => {
    const left = join(state, "tmp-999999999-1-0123456789ab");
    writeFileSync(left, "half a key");
    await keep(new ReportArchive(state), sample());
    expect(readdirSync(state).sort()).toEqual(["reports", "reports-tally.json", "signing-key.pem"]);
  });

  it("loses no finished report and leaves no half-written one, whenever its writer is killed", async () => {
    const writer = fileURLToPath(new URL("../../test/support/write-reports.mjs", import.meta.url));
    const finished = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, [writer, state], { stdio: ["ignore", "pipe", "inherit"] });
      let told = "";
      child.stdout.on("data", (chunk: Buffer) => {
        told += chunk.toString();
        if (told.split("\n").length > 3 + round) child.kill("SIGKILL");
      });
      await once(child, "close");
      expect(child.signalCode).toBe("SIGKILL");
      for (const id of told.split("\n").slice(0, -1)) finished.add(id);
    }
    const archive = new ReportArchive(state);
    await keep(archive, sample());
    const kept = new Set(idsOf(archive));
    for (const id of finished) expect(kept.has(id)).toBe(true);
    const names = readdirSync(join(state, "reports"));
    expect(names.filter((name) => !name.endsWith(".json"))).toEqual([]);
    for (const name of names)
      expect(verifySigned(readFileSync(join(state, "reports", name)), state).signer).toBe("own");
    expect(finished.size).toBeGreaterThan(30);
  });
});
