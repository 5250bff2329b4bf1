import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { ViewModel } from "./model.ts";

/** What the field has before anything is typed: keyboards on the glass delete only where there is something. */
const GROUND = "_".repeat(32);
const LEAST = 16;
const MOST = 1024;

type Field = HTMLTextAreaElement;

/**
 * Touch screens show their keyboard for a field of text only, and change that text as they like: whole words while
 * they are put together or corrected, without a key. So what differs from before is what the guest gets.
 */
export function GlassKeyboard({ model }: { readonly model: ViewModel }): JSX.Element {
  const known = useRef("");
  const begin = (field: Field): void => {
    field.value = known.current = GROUND;
    toEnd(field);
  };
  const follow = ({ currentTarget: field, isComposing }: InputEvent & { currentTarget: Field }): void => {
    const { gone, come } = difference(known.current, field.value);
    known.current = field.value;
    for (let count = 0; count < gone; count++) model.screen?.press("Backspace");
    model.screen?.type(come);
    if (!isComposing && (field.value.length < LEAST || field.value.length > MOST)) begin(field);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing || event.key === "Backspace") return; // the field tells it
    if (model.screen?.press(event.key) === true) event.preventDefault();
  };
  return (
    <label class="glass">
      <span>Keyboard</span>
      <textarea
        rows={1}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onFocus={({ currentTarget }) => {
          begin(currentTarget);
        }}
        onClick={({ currentTarget }) => {
          toEnd(currentTarget); // wherever it was touched
        }}
        onInput={follow}
        onKeyDown={press}
      />
    </label>
  );
}

function toEnd(field: Field): void {
  field.setSelectionRange(field.value.length, field.value.length);
}

/** How many signs go from the end, and what comes then. */
function difference(before: string, after: string): { readonly gone: number; readonly come: string } {
  const [old, now] = [Array.from(before), Array.from(after)];
  const same = old.findIndex((sign, index) => sign !== now[index]);
  const kept = same < 0 ? old.length : same;
  return { gone: old.length - kept, come: now.slice(kept).join("") };
}
