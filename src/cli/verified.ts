import { ERROR_CODES, neutralise } from "../foundation/index.ts";
import { writeJson } from "./json.ts";
import { print } from "./terminal/print.ts";
import { isUtf8Locale, styleFor } from "./terminal/style.ts";

interface Verified {
  readonly name: string;
  readonly damage: string | undefined;
}

/** Says of each thing whether it is whole. @returns the exit status */
export function reportVerified(things: readonly Verified[], json: boolean): number {
  if (json)
    writeJson(things.map(({ name, damage }) => ({ name, ok: damage === undefined, damage: damage ?? null })));
  else for (const thing of things) print(line(thing));
  return things.every(({ damage }) => damage === undefined) ? 0 : ERROR_CODES.E_IMAGE_CORRUPT.exit;
}

function line({ name, damage }: Verified): string {
  const style = styleFor(process.stdout);
  const [good, bad] = isUtf8Locale() ? ["✓", "✗"] : ["ok ", "BAD"];
  return damage === undefined
    ? `${style.good(good)} ${name}`
    : `${style.bad(bad)} ${name}: ${neutralise(damage)}`;
}
