import type { Reader, Writer } from "./bytes.ts";
import type { Field } from "./fields.ts";

/** A table of fields in wire order. Every `Field<W, R>` is one of these. */
export type Fields = Readonly<Record<string, Field<never, unknown>>>;

/** What the sender gives for each field. */
export type Written<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer W, unknown> ? W : never;
};

/** What the receiver gets for each field. */
export type ReadOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<never, infer R> ? R : never;
};

/** Fields behind one another, as one. The two casts are here alone: the table that types the values also moves them. */
export function struct<F extends Fields>(name: string, fields: F): Field<Written<F>, ReadOf<F>> {
  const entries = Object.entries<Field<never, unknown>>(fields).map(
    ([key, field]) => ({ key, field, where: `${name}.${key}` }) as const,
  );
  return {
    least: entries.reduce((sum, { field }) => sum + field.least, 0),
    most: entries.reduce((sum, { field }) => sum + field.most, 0),
    write(out: Writer, values) {
      for (const { key, field, where } of entries) {
        out.where = where;
        field.write(out, values[key] as never);
      }
    },
    read(from: Reader) {
      const values: Record<string, unknown> = {};
      for (const { key, field, where } of entries) {
        from.where = where;
        values[key] = field.read(from);
      }
      return values as ReadOf<F>;
    },
  };
}
