import { asMayflyError } from "../../foundation/index.ts";
import { unknown, type Area, type Finding, type Observation } from "./finding.ts";

/** Looks at one layer. Throwing means that it could not be looked at, not that the layer is off. */
export interface Check<Subject> {
  readonly name: string;
  readonly isRequired: boolean;
  readonly look: (subject: Subject) => Observation | Promise<Observation>;
}

export async function perform<Subject>(
  area: Area,
  checks: readonly Check<Subject>[],
  subject: Subject,
): Promise<Finding[]> {
  return await Promise.all(
    checks.map(async ({ name, isRequired, look }) => {
      const { state, evidence, mend } = await observe(async () => await look(subject));
      return { area, name, state, isRequired, evidence, mend: state === "on" ? undefined : mend };
    }),
  );
}

/** What `perform` would look at, where there is nothing to look at. */
export function skip<Subject>(area: Area, checks: readonly Check<Subject>[], why: string): Finding[] {
  return checks.map(({ name, isRequired }) => ({ area, name, isRequired, ...unknown(why), mend: undefined }));
}

async function observe(look: () => Promise<Observation>): Promise<Observation> {
  try {
    return await look();
  } catch (cause) {
    return unknown(
      `could not be looked at: ${asMayflyError(cause).message.replace(/^Unexpected failure: /, "")}`,
    );
  }
}
