import type { SafeForm } from "../../contract/index.ts";
import { CsvForm } from "./csv.ts";
import { FormSet } from "./form-set.ts";
import type { FormPlace, FormWriter } from "./form.ts";
import { Meter } from "./meter.ts";
import { PdfForm } from "./pdf.ts";
import { PngForm } from "./png.ts";
import { TextForm } from "./text.ts";

export type { FormSet } from "./form-set.ts";
export type { Word } from "./form.ts";
export { markOrigin, originUrl } from "./origin.ts";
export { findTaken, requireFree } from "./place.ts";

const WRITERS: Readonly<
  Record<SafeForm, (place: FormPlace, meter: Meter) => FormWriter | Promise<FormWriter>>
> = {
  pdf: async (place, meter) => await PdfForm.open(place, meter),
  png: (place, meter) => new PngForm(place, meter),
  text: async (place, meter) => await TextForm.open(place, meter),
  csv: (place, meter) => new CsvForm(place, meter),
};

/** Begins the safe forms of a document in `place.staging`. */
export async function openForms(forms: readonly SafeForm[], place: FormPlace): Promise<FormSet> {
  const meter = new Meter(place.room);
  const writers: FormWriter[] = [];
  for (const form of forms) writers.push(await WRITERS[form](place, meter));
  return new FormSet(writers, place);
}
