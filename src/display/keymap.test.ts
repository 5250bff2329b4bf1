import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";

/** noNVC's table of what it sends for a character, which is not among what its package exports. */
const novnc = dirname(createRequire(import.meta.url).resolve("@novnc/novnc"));
const { default: table } = (await import(pathToFileURL(join(novnc, "input", "keysymdef.js")).href)) as {
  readonly default: { lookup(codePoint: number): number };
};

const KEYMAP = readFileSync(join(import.meta.dirname, "..", "..", "guest", "display", "keymap.xkb"), "utf8");
/** The keysyms of each key, and what is on it as its comment says. */
const KEYS = [...KEYMAP.matchAll(/replace key <(\w+)> \{ \[ (.+) \] \}; \/\/ (.+)$/gm)].map(
  ([, name = "", keysyms = "", signs = ""]) => ({
    name,
    keysyms: keysyms.split(", "),
    signs: signs.split(" "),
  }),
);

function keysymOf(sign: string): string {
  const named = /^U\+([0-9A-F]{4})$/.exec(sign)?.[1];
  const codePoint = named === undefined ? sign.codePointAt(0) : Number.parseInt(named, 16);
  return sign === "-" ? "NoSymbol" : `0x${table.lookup(codePoint ?? 0).toString(16)}`;
}

it("has for each letter the keysym that noNVC sends for it", () => {
  for (const { signs, keysyms: own } of KEYS) expect([signs, own]).toEqual([signs, signs.map(keysymOf)]);
});

it("has each letter once, and no key twice", () => {
  const all = [
    ...KEYS.flatMap(({ signs }) => signs.filter((sign) => sign !== "-")),
    ...KEYS.map(({ name }) => `<${name}>`),
  ];
  expect(all.filter((each, index) => all.indexOf(each) !== index)).toEqual([]);
  expect(KEYMAP.match(/replace key/g)).toHaveLength(KEYS.length);
});

it.each([
  ["Russian", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"],
  ["Ukrainian", "ґєії"],
  ["Serbian", "ђјљњћџ"],
  ["Greek", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"],
  ["German", "äöüß€§"],
  ["French", "àâæçéèêëîïôœùûüÿ«»"],
  ["Spanish and Portuguese", "áéíóúüñãõç¿¡ªº"],
  ["Nordic", "æøåäöðþ"],
  ["Polish", "ąćęłńóśźż"],
  ["Czech and Slovak", "áčďéěíľĺňóôŕřšťúůýž"],
  ["Hungarian", "őű"],
  ["Romanian", "ăâîșț"],
  ["Turkish and Azerbaijani", "çğıöşüəİ"],
  ["Baltic", "āčēģīķļņšūžąęėįųõ"],
  ["Hebrew", "אבגדהוזחטיךכלםמןנסעףפץצקרשת"],
  ["Arabic and Persian", "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگکی"],
])("has the letters of %s", (_language, letters) => {
  const there = new Set(KEYS.flatMap((key) => key.signs));
  expect(Array.from(letters).filter((letter) => !there.has(letter))).toEqual([]);
});
