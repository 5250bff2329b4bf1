import {
  createAttackExternalReferencesSchema,
  createStixIdValidator,
  createStixTypeValidator,
  killChainPhaseSchema,
  nameSchema,
  stixCreatedByRefSchema,
  stixCreatedTimestampSchema,
  stixDomainObjectSchema,
  stixModifiedTimestampSchema,
  stixSpecVersionSchema,
  stixTimestampSchema,
} from "@mitre-attack/attack-data-model/dist/schemas/common/index.js";
import { identitySchema } from "@mitre-attack/attack-data-model/dist/schemas/sdo/identity.schema.js";
import { describe, expect, it } from "vitest";
import { SAMPLE, withName } from "../../../../test/support/sample-report.ts";
import type { Report } from "../../../contract/index.ts";
import { stixBundle } from "./index.ts";

type Thing = Readonly<Record<string, unknown>>;
interface Schema {
  readonly safeParse: (value: unknown) => { readonly success: boolean };
}

/** Of a domain object, the properties that all have; of observables MITRE's data model knows the id of files only. */
const COMMON = {
  spec_version: stixSpecVersionSchema,
  created: stixCreatedTimestampSchema,
  modified: stixModifiedTimestampSchema,
  created_by_ref: stixCreatedByRefSchema.optional(),
};
const WHOLE = stixDomainObjectSchema.loose();
const WHOLE_TYPES = ["identity", "attack-pattern"];
const SCHEMAS: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  bundle: { id: createStixIdValidator("bundle"), type: createStixTypeValidator("bundle") },
  identity: {
    ...COMMON,
    id: createStixIdValidator("identity"),
    name: nameSchema,
    identity_class: identitySchema.shape.identity_class,
    description: identitySchema.shape.description,
  },
  "attack-pattern": {
    ...COMMON,
    id: createStixIdValidator("attack-pattern"),
    name: nameSchema,
    kill_chain_phases: killChainPhaseSchema.array().min(1).optional(),
    external_references: createAttackExternalReferencesSchema("attack-pattern"),
  },
  report: { ...COMMON, published: stixTimestampSchema },
  note: COMMON,
  "observed-data": { ...COMMON, first_observed: stixTimestampSchema, last_observed: stixTimestampSchema },
  "malware-analysis": {
    ...COMMON,
    submitted: stixTimestampSchema,
    analysis_started: stixTimestampSchema,
    analysis_ended: stixTimestampSchema,
  },
  file: { id: createStixIdValidator("file") },
  process: { created_time: stixTimestampSchema },
  "network-traffic": { start: stixTimestampSchema, end: stixTimestampSchema },
};

/** What MITRE's schemas do not take, as `type.property`. */
function mistakes(objects: readonly Thing[]): string[] {
  return objects.flatMap((each) => {
    const type = String(each["type"]);
    const whole = WHOLE_TYPES.includes(type) && !WHOLE.safeParse(each).success ? [type] : [];
    const parts = Object.entries(SCHEMAS[type] ?? {})
      .filter(([property, schema]) => !schema.safeParse(each[property]).success)
      .map(([property]) => `${type}.${property}`);
    return [...whole, ...parts];
  });
}

const thingsOf = (report: Report): readonly Thing[] => {
  const bundle = stixBundle(report, () => undefined) as { objects: Thing[] } & Thing;
  return [bundle, ...bundle.objects];
};

describe("MITRE's schemas of STIX 2.1", () => {
  const things = thingsOf(SAMPLE);

  it("take the bundle's id, identities and attack patterns with what all objects have, the common properties of reports, notes, observed data and analyses, ids of files, times of processes and traffic", () => {
    expect(Object.keys(SCHEMAS).filter((type) => !things.some((each) => each["type"] === type))).toEqual([]);
    expect(mistakes(things)).toEqual([]);
    expect(mistakes(thingsOf({ ...SAMPLE, findings: [] }))).toEqual([]);
    expect(mistakes(thingsOf(withName("<b>")))).toEqual([]);
  });

  it.each(
    Object.entries(SCHEMAS).flatMap(([type, parts]) =>
      Object.keys(parts)
        .filter((property) => property !== "type" && has(type, property))
        .map((property) => [type, property] as const),
    ),
  )("take no %s with a wrong %s", (type, property) => {
    // Any text is a name or a description.
    const wrong = /^(name|description)$/.test(property) ? 7 : "xx--2026-13-01T00:00:00+01:00";
    const broken = things.map((each) => (each["type"] === type ? { ...each, [property]: wrong } : each));
    expect(mistakes(broken)).toContain(`${type}.${property}`);
  });

  it.each(["bundle", "identity", "attack-pattern", "file"])("take no id of another type for a %s", (type) => {
    const id = "tool--6f3c7a52-9d0e-4f0b-8c5c-2c1f5d6e7a90";
    const broken = things.map((each) => (each["type"] === type ? { ...each, id } : each));
    expect(mistakes(broken)).toContain(`${type}.id`);
  });

  it.each(["id", "type", "spec_version", "created", "modified"])("take no object without %s", (property) => {
    for (const type of WHOLE_TYPES) {
      const { [property]: gone, ...rest } = things.find((each) => each["type"] === type) ?? {};
      expect(gone).toBeDefined();
      expect(WHOLE.safeParse(rest).success).toBe(false);
    }
  });

  function has(type: string, property: string): boolean {
    return things.some((each) => each["type"] === type && property in each);
  }
});
