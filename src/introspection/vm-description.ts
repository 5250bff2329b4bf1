import { attempt } from "../foundation/index.ts";
import * as v from "valibot";

/** Marks of a migration stream (migration/qemu-file and savevm in QEMU). */
const DESCRIPTION_MARK = 6;
const LARGEST_DESCRIPTION = 2 ** 20;

interface Field {
  readonly name: string;
  readonly size?: number | undefined;
  readonly array_len?: number | undefined;
  readonly struct?: { readonly fields?: readonly Field[] | undefined } | undefined;
}

const Field: v.GenericSchema<unknown, Field> = v.object({
  name: v.string(),
  size: v.optional(v.number()),
  array_len: v.optional(v.number()),
  struct: v.optional(v.object({ fields: v.optional(v.array(v.lazy(() => Field))) })),
});

const Description = v.object({
  devices: v.array(
    v.object({
      name: v.string(),
      instance_id: v.number(),
      version: v.number(),
      fields: v.optional(v.array(v.unknown())),
    }),
  ),
});

export interface FieldPlace {
  readonly offset: number;
  readonly size: number;
}

/** How a device's state is laid out in a stream. */
export interface DeviceLayout {
  readonly instance: number;
  readonly version: number;
  /** Bytes of all fields, without optional parts. */
  readonly size: number;
  /** By name, members of structures as `env.gdt.base`. Arrays are one field. */
  readonly fields: ReadonlyMap<string, FieldPlace>;
}

/**
 * The layouts of all devices called `name`, from the description (JSON) at the end of a template's device state; none
 * where there is no description that can be understood.
 */
export function layoutsOf(state: Uint8Array, name: string): DeviceLayout[] {
  const text = findDescription(Buffer.from(state.buffer, state.byteOffset, state.byteLength));
  const raw = attempt(() => JSON.parse(text ?? "") as unknown, "no description");
  const parsed = v.safeParse(Description, raw);
  if (!parsed.success) return [];
  return parsed.output.devices
    .filter((device) => device.name === name)
    .flatMap(({ instance_id, version, fields }) => {
      const known = v.safeParse(v.array(Field), fields ?? []);
      return known.success ? [{ instance: instance_id, version, ...layOut(known.output) }] : [];
    });
}

/** Its length is before it, and it is the last thing of the stream but for an end mark. */
function findDescription(state: Buffer): string | undefined {
  const least = Math.max(0, state.length - LARGEST_DESCRIPTION);
  for (let at = state.length - 6; at >= least; at--) {
    if (state[at] !== DESCRIPTION_MARK || state[at + 5] !== 0x7b) continue;
    const end = at + 5 + state.readUInt32BE(at + 1);
    if (end <= state.length && end >= state.length - 8) return state.toString("utf8", at + 5, end);
  }
  return undefined;
}

function layOut(fields: readonly Field[]): Pick<DeviceLayout, "size" | "fields"> {
  const places = new Map<string, FieldPlace>();
  let offset = 0;
  for (const { name, size = 0, array_len = 1, struct } of fields) {
    const total = size * array_len;
    if (!places.has(name)) places.set(name, { offset, size: total });
    if (struct?.fields !== undefined && array_len === 1) {
      for (const [member, place] of layOut(struct.fields).fields)
        places.set(`${name}.${member}`, { offset: offset + place.offset, size: place.size });
    }
    offset += total;
  }
  return { size: offset, fields: places };
}
