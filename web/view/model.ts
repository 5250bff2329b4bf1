import { signal, type Signal } from "@preact/signals";
import type { ViewAct, ViewFile, ViewNews, ViewStage } from "../../src/contract/view-talk.ts";
import { Connection } from "./connection.ts";
import { Screen } from "./screen.ts";

type News<K extends ViewNews["kind"]> = Extract<ViewNews, { kind: K }>;

/** What a person is told in passing. */
export interface Notice {
  readonly text: string;
  readonly isBad: boolean;
}

const RESIZE_MS = 120;
const CLOSED: Readonly<Record<number, string>> = {
  4404: "This view is not there any more. Run mayfly view or mayfly browse again.",
  4429: "Too many tabs are open for it. Close some of them, and reload this one.",
  4400: "The page and Mayfly do not understand each other. Reload the page.",
};

/** A live view as a tab knows it: what the host said last, and what a person may do. */
export class ViewModel {
  readonly about: Signal<News<"view"> | undefined> = signal(undefined);
  readonly machine: Signal<News<"machine"> | undefined> = signal(undefined);
  readonly stage: Signal<ViewStage> = signal("starting");
  readonly farewell = signal("");
  readonly isConnected = signal(false);
  /** Nobody answers: whoever ran it has ended, most likely. */
  readonly isSilent = signal(false);
  readonly isBounded = signal(false);
  readonly hasText = signal(false);
  readonly files: Signal<readonly ViewFile[] | undefined> = signal(undefined);
  readonly omitted = signal(0);
  readonly elsewhere: Signal<News<"elsewhere"> | undefined> = signal(undefined);
  readonly notice: Signal<Notice | undefined> = signal(undefined);
  /** Text that came out and could not be put into the browser's clipboard by itself. */
  readonly copied: Signal<string | undefined> = signal(undefined);
  readonly #target: HTMLElement;
  readonly #connection: Connection;
  readonly #observer: ResizeObserver;
  #screen: Screen | undefined;
  #resizing: ReturnType<typeof setTimeout> | undefined;
  #asked = "";

  constructor(socket: URL, target: HTMLElement) {
    this.#target = target;
    this.#connection = new Connection(socket, {
      onOpen: () => {
        this.isConnected.value = true;
        this.isSilent.value = false;
        this.#asked = "";
        this.#resize();
      },
      onNews: (news) => {
        this.#hear(news);
      },
      onScreen: (data) => this.#screen?.receive(data),
      onLost: (final) => {
        this.#lost(final);
      },
      onSilence: () => {
        this.isSilent.value = true;
      },
    });
    this.#observer = new ResizeObserver(() => {
      clearTimeout(this.#resizing);
      this.#resizing = setTimeout(() => {
        this.#resize();
      }, RESIZE_MS);
    });
    this.#observer.observe(target);
  }

  tell(act: ViewAct): void {
    this.#connection.tell(act);
  }

  get screen(): Screen | undefined {
    return this.#screen;
  }

  close(): void {
    this.#observer.disconnect();
    this.#connection.close();
    this.#screen?.close();
  }

  say(text: string, isBad = false): void {
    this.notice.value = { text, isBad };
  }

  /** Says how many whole pixels of the display the tab has: the guest's screen gets as many, and each is one. */
  #resize(): void {
    const { width, height } = this.#target.getBoundingClientRect();
    const scale = window.devicePixelRatio;
    if (width < 1 || height < 1) return;
    const act = {
      act: "size",
      width: Math.floor(width * scale),
      height: Math.floor(height * scale),
      scale,
    } as const;
    const asked = JSON.stringify(act);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.tell(act);
  }

  #lost(final: number | undefined): void {
    this.isConnected.value = false;
    this.#screen?.close();
    this.#screen = undefined;
    const said = final === undefined ? undefined : CLOSED[final];
    if (said === undefined) return;
    this.stage.value = "ended";
    this.farewell.value = said;
  }

  /** What the view is, and how it stands. */
  #hear(news: ViewNews): void {
    switch (news.kind) {
      case "view":
        this.about.value = news;
        document.title = `${news.name} – Mayfly`;
        break;
      case "machine":
        this.machine.value = news;
        break;
      case "stage":
        this.stage.value = news.stage;
        this.farewell.value = news.text;
        // What did not work on the way there is told no more: the farewell says why it ended.
        if (news.stage === "ended" && this.notice.value?.isBad === true) this.notice.value = undefined;
        break;
      case "size":
        this.isBounded.value = news.isBounded;
        break;
      case "screen":
        this.#show();
        break;
      case "complaint":
        this.say(`It says inside: ${news.text}`, true);
        break;
      case "offer":
        this.hasText.value = news.hasText;
        break;
      default:
        this.#hearAnswer(news);
    }
  }

  /** What became of what a person asked for. */
  #hearAnswer(
    news: Exclude<
      ViewNews,
      { kind: "view" | "machine" | "stage" | "complaint" | "size" | "screen" | "offer" }
    >,
  ): void {
    switch (news.kind) {
      case "pasted":
        this.say("The text is in the micro-VM’s clipboard: paste it there with Ctrl+V.");
        break;
      case "text":
        void this.#copied(news.text);
        break;
      case "files":
        this.files.value = news.files;
        this.omitted.value = news.omitted;
        break;
      case "saved":
        this.say(`Saved: ${news.path}`);
        this.tell({ act: "files" });
        break;
      case "elsewhere":
        this.elsewhere.value = news;
        break;
      case "opened":
        this.elsewhere.value = undefined;
        window.open(new URL(`../${news.path}`, location.href), "_blank", "noopener");
        break;
      case "failed":
        this.#failed(news);
        break;
    }
  }

  #show(): void {
    this.#screen?.close();
    this.#target.replaceChildren();
    const label = `Screen of ${this.about.value?.name ?? "the micro-VM"}. Ctrl+Alt+Home leaves it.`;
    this.#screen = new Screen(this.#target, this.#connection.send, label);
    this.#screen.focus();
  }

  #failed({ act, message, next }: News<"failed">): void {
    const text = next === "" ? `${message}.` : `${message}. ${next}`;
    if (act === "screen" && this.stage.value !== "ended") {
      this.#screen?.close();
      this.#screen = undefined;
      this.#target.replaceChildren();
    }
    if (this.stage.value !== "ended") this.say(text, true);
  }

  async #copied(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say(`Copied ${text.length} characters out of the micro-VM.`);
    } catch {
      this.copied.value = text; // the browser wants the person to do it by hand
    }
  }
}
