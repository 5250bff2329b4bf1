import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, openTab, seen } from "./eyes.ts";
import { Shown, program } from "./show.ts";

let browser: Browser;
let out: string;
beforeAll(async () => {
  browser = await openBrowser();
  out = mkdtempSync(join(tmpdir(), "mayfly-keys-"));
});
afterAll(async () => {
  await browser.close();
  rmSync(out, { recursive: true, force: true });
});

/** A key as a browser tells it: what it gives in the layout of the person, and where it is on the keyboard. */
type Key = readonly [key: string, code: string];
/** Keys, and before them the one that is held meanwhile. */
type Stroke = readonly [held: Key | undefined, ...keys: readonly Key[]];

const SHIFT: Key = ["Shift", "ShiftLeft"];
const ALT_GR: Key = ["AltGraph", "AltRight"];
const ENTER: Key = ["Enter", "Enter"];

const GERMAN: readonly Stroke[] = [
  [undefined, ["g", "KeyG"], ["r", "KeyR"], ["ü", "BracketLeft"], ["ß", "Minus"], ["e", "KeyE"]],
  [SHIFT, ["Ä", "Quote"], ["Z", "KeyY"], [":", "Period"], ["?", "Minus"], ["°", "Backquote"]],
  [ALT_GR, ["€", "KeyE"], ["@", "KeyQ"], ["{", "Digit7"], ["\\", "Minus"], ["~", "BracketRight"]],
  [undefined, ["z", "KeyY"], ["#", "Backslash"], ["<", "IntlBackslash"]],
];
const FRENCH: readonly Stroke[] = [
  [undefined, ["é", "Digit2"], ["ç", "Digit9"], ["à", "Digit0"], ["q", "KeyA"], ["m", "Semicolon"]],
  [SHIFT, ["1", "Digit1"], ["A", "KeyQ"], ["%", "Quote"]],
  [ALT_GR, ["#", "Digit3"], ["|", "Digit6"]],
];
const RUSSIAN: readonly Stroke[] = [
  [SHIFT, ["П", "KeyG"]],
  [undefined, ["р", "KeyH"], ["и", "KeyB"], ["в", "KeyD"], ["е", "KeyT"], ["т", "KeyN"], ["ё", "Backquote"]],
];
/** Whole alphabets, as fast as they come: no letter is lost while others have been there or not. */
const ALPHABETS = [
  letters("абвгдежзийклмнопрстуфхцчшщъыьэюяґєії"),
  letters("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ"),
  letters("ąćęłńóśźżčďěňřšťůžőűășțğı"),
  letters("אבגדהוזחטיךכלםמןנסעףפץצקרשת"),
  [[undefined, ["£", "Digit3"], ["„", "Digit2"], ["”", "Digit2"], ["–", "Minus"], ["½", "Digit5"]]],
] satisfies (readonly Stroke[])[];

function letters(text: string): readonly Stroke[] {
  const keys = (signs: string): Key[] => Array.from(signs, (sign) => [sign, "KeyA"]);
  const capitals = text.toUpperCase();
  return [[undefined, ...keys(text)], ...(capitals === text ? [] : [[SHIFT, ...keys(capitals)] as const])];
}

function textOf(strokes: readonly Stroke[]): string {
  return strokes.flatMap(([, ...keys]) => keys.map(([key]) => key)).join("");
}

/** As the browser's own keyboard gives them. */
async function strike(keyboard: CDPSession, strokes: readonly Stroke[]): Promise<void> {
  const send = async (type: "keyDown" | "keyUp", [key, code]: Key): Promise<void> => {
    const text = type === "keyDown" && key.length === 1 ? { text: key } : {};
    await keyboard.send("Input.dispatchKeyEvent", { type, key, code, ...text });
  };
  for (const [held, ...keys] of strokes) {
    if (held !== undefined) await send("keyDown", held);
    for (const key of keys) {
      await send("keyDown", key);
      await send("keyUp", key);
    }
    if (held !== undefined) await send("keyUp", held);
  }
}

/** Windows tells AltGr as two keys at the same moment, so these are. */
async function strikeOnWindows(page: Page, [key, code]: Key): Promise<void> {
  const events: (readonly [type: string, ...Key])[] = [
    ["keydown", "Control", "ControlLeft"],
    ["keydown", ...ALT_GR],
    ["keydown", key, code],
    ["keyup", key, code],
    ["keyup", "Control", "ControlLeft"],
    ["keyup", ...ALT_GR],
  ];
  await page.evaluate(`for (const [type, key, code] of ${JSON.stringify(events)})
    document.querySelector(".screen canvas").dispatchEvent(new KeyboardEvent(type, { key, code, cancelable: true }))`);
}

it("types what the keys of other layouts give, exactly", { timeout: 400_000 }, async () => {
  await using shown = await Shown.open();
  const { view, url } = shown.form({ out }, program("pad.py"));
  const { page } = await openTab(await browser.newContext(), url);
  await view.ready;
  await seen(page, /MENU/);
  await page.locator(".screen canvas").focus();
  const keyboard = await page.context().newCDPSession(page);
  const layouts = [GERMAN, FRENCH, RUSSIAN, ...ALPHABETS];
  for (const layout of layouts) await strike(keyboard, [...layout, [undefined, ENTER]]);
  await page.evaluate("Object.defineProperty(navigator, 'platform', { value: 'Win32' })");
  for (const key of [
    ["€", "KeyE"],
    ["@", "KeyQ"],
    ["}", "Digit0"],
  ] as const)
    await strikeOnWindows(page, key);
  await strike(keyboard, [[undefined, ENTER, ["Escape", "Escape"]]]);
  await view.ended;
  expect(readFileSync(join(out, "done.txt"), "utf8").split("\n")).toEqual([
    ...layouts.map((layout) => `typed ${textOf(layout)}`),
    "typed €@}",
    "",
  ]);
});
