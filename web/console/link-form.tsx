import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { api } from "./api.ts";
import { ClipboardChoice, type Clipboard } from "./clipboard-choice.tsx";
import { openScreen } from "./screen.tsx";
import { act } from "./state.ts";

const address = signal("");
const isPerSite = signal(false);
const clipboard = signal<Clipboard>("none");

/** Takes a link, and shows its page in a browser in a micro-VM of its own. */
export function LinkForm(): JSX.Element {
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const url = address.value.trim();
    if (url === "") return;
    const start = { url, perSite: isPerSite.value, clipboard: clipboard.value };
    act(async () => {
      await openScreen(async () => await api.browse(start));
      address.value = "";
    });
  };
  return (
    <form class="link" aria-label="Open a link" onSubmit={open}>
      <label class="address">
        <span class="unseen">Link that you do not trust</span>
        <input
          type="text"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          placeholder="Or paste a link that you do not trust"
          value={address.value}
          onInput={({ currentTarget }) => (address.value = currentTarget.value)}
        />
      </label>
      <label class="choice">
        <input
          type="checkbox"
          checked={isPerSite.value}
          onChange={({ currentTarget }) => (isPerSite.value = currentTarget.checked)}
        />
        A micro-VM for each site
      </label>
      <ClipboardChoice direction={clipboard} />
      <button type="submit">Open the page</button>
    </form>
  );
}
