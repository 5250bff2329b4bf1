import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { ViewStart } from "../../src/contract/api/index.ts";

export type Clipboard = NonNullable<ViewStart["clipboard"]>;

const WORDS: Readonly<Record<Clipboard, string>> = {
  none: "off",
  "to-guest": "into the micro-VM",
  "from-guest": "out of the micro-VM",
  both: "both ways",
};

/** Which way text may go by the clipboard of a live view. It goes when a person presses a button there, never by itself. */
export function ClipboardChoice({ direction }: { readonly direction: Signal<Clipboard> }): JSX.Element {
  return (
    <label class="choice">
      Clipboard
      <select
        value={direction.value}
        onChange={({ currentTarget }) => (direction.value = currentTarget.value as Clipboard)}
      >
        {Object.entries(WORDS).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
