import type { ViewNews } from "../contract/index.ts";
import { MayflyError, neutralise } from "../foundation/index.ts";

/** Links to other sites that are told of one view, and that may be opened from it. */
const MOST = 32;

/** Pages of other sites that a view wanted to go to: told, and opened in a micro-VM of their own when a person says so. */
export class Elsewhere {
  readonly #open: (url: string) => Promise<string>;
  readonly #tell: (news: ViewNews) => void;
  readonly #urls: string[] = [];
  #hasRefused = false;
  readonly #paths = new Map<number, Promise<string>>();

  constructor(open: (url: string) => Promise<string>, tell: (news: ViewNews) => void) {
    this.#open = open;
    this.#tell = tell;
  }

  /** The last one, for a tab that comes later. */
  get known(): readonly ViewNews[] {
    return this.#urls.length === 0 ? [] : [this.#news(this.#urls.length - 1)];
  }

  wanted(url: string): void {
    const before = this.#urls.indexOf(url);
    if (before < 0 && this.#urls.length >= MOST) {
      this.#refuse();
      return;
    }
    const number = before < 0 ? this.#urls.push(url) - 1 : before;
    this.#tell(this.#news(number));
  }

  /** Opens it once; again, the same micro-VM is told. */
  async open(number: number): Promise<ViewNews> {
    const url = this.#urls[number];
    if (url === undefined) throw new MayflyError("E_USAGE", "There is no such link");
    const opening = this.#paths.get(number) ?? this.#open(url);
    this.#paths.set(number, opening);
    opening.catch(() => this.#paths.delete(number));
    return { kind: "opened", number, path: await opening };
  }

  #refuse(): void {
    if (this.#hasRefused) return;
    this.#hasRefused = true;
    const message = `More than ${MOST} other sites were wanted: the others are not told`;
    this.#tell({ kind: "failed", act: "elsewhere", message, next: "Open another view for them." });
  }

  #news(number: number): ViewNews {
    return { kind: "elsewhere", number, url: neutralise(this.#urls[number] ?? "", 300) };
  }
}
