import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, it } from "vitest";
import { HOSTILE_NAMES, SAMPLE, withName } from "../../../test/support/sample-report.ts";
import type { Report } from "../../contract/index.ts";
import { AttackMatrix } from "../../findings/index.ts";
import { navigatorLayer } from "./navigator.ts";

const matrix = new AttackMatrix(
  readFileSync(new URL("../../../data/attack-techniques.tsv", import.meta.url), "utf8"),
);
const text = v.string();
const flag = v.optional(v.boolean());
const Colour = v.pipe(text, v.regex(/^#[0-9a-f]{6}$/i));
const Score = v.pipe(v.number(), v.minValue(0), v.maxValue(4));

/** What the format's description (version 4.5) has of what is used here, and nothing that it has not. */
const Layer = v.strictObject({
  name: text,
  versions: v.strictObject({
    attack: v.optional(text),
    navigator: v.pipe(text, v.regex(/^(?:4\.9|[5-9]\.\d+)\.\d+$/)),
    layer: v.literal("4.5"),
  }),
  domain: v.picklist(["enterprise-attack", "mobile-attack", "ics-attack"]),
  description: v.optional(text),
  filters: v.strictObject({ platforms: v.array(v.picklist(["Linux", "Windows", "macOS"])) }),
  sorting: v.picklist([0, 1, 2, 3]),
  layout: v.strictObject({
    layout: v.picklist(["side", "flat", "mini"]),
    showName: flag,
    expandedSubtechniques: v.picklist(["none", "all", "annotated"]),
  }),
  hideDisabled: flag,
  techniques: v.array(
    v.strictObject({
      techniqueID: v.pipe(
        text,
        v.regex(/^T\d{4}(?:\.\d{3})?$/),
        v.check((id) => matrix.find(id) !== undefined, "unknown"),
      ),
      comment: text,
      enabled: flag,
      score: Score,
      color: Colour,
      metadata: v.array(v.strictObject({ name: text, value: text })),
      links: v.array(v.strictObject({ label: text, url: v.pipe(text, v.url()) })),
    }),
  ),
  gradient: v.pipe(
    v.strictObject({
      colors: v.pipe(v.array(Colour), v.minLength(2)),
      minValue: v.number(),
      maxValue: v.number(),
    }),
    v.check(({ minValue, maxValue }) => maxValue > minValue, "upside down"),
  ),
  legendItems: v.array(v.strictObject({ label: text, color: Colour })),
  showTacticRowBackground: flag,
  selectTechniquesAcrossTactics: flag,
});

const layerOf = (report: Report): v.InferOutput<typeof Layer> =>
  v.parse(Layer, JSON.parse(JSON.stringify(navigatorLayer(report))));

it("a Navigator layer is one by the format's description, and scores each technique with its gravest finding", () => {
  expect(layerOf(SAMPLE).techniques.map(({ techniqueID, score }) => [techniqueID, score])).toEqual([
    ["T1014", 4],
    ["T1547.013", 3],
  ]);
});

it("a Navigator layer without a finding is one too", () => {
  expect(layerOf({ ...SAMPLE, findings: [] }).techniques).toEqual([]);
});

it.each(HOSTILE_NAMES)("a Navigator layer links to no %j", (name) => {
  const layer = JSON.parse(JSON.stringify(navigatorLayer(withName(name)))) as {
    techniques: { links: unknown[] }[];
  };
  expect(layer.techniques.length).toBeGreaterThan(0);
  for (const { links } of layer.techniques) expect(links).toEqual([]);
});
