import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOSTILE_NAMES, SAMPLE, unsigned, withName } from "../../../../test/support/sample-report.ts";
import { htmlPage } from "./index.ts";
import { STYLE, STYLE_DIGEST } from "./style.ts";

/** What a page is made of when all its text is taken away: tags with the names of their attributes, in order. */
function skeleton(page: string): string[] {
  return [...page.matchAll(/<\/?([a-zA-Z!][^\s>/]*)((?:\s+[a-z:-]+(?:="[^"<>]*")?)*)\s*\/?>/g)].map(
    ([, tag = "", attributes = ""]) =>
      `${tag} ${[...attributes.matchAll(/([a-z:-]+)(?:=|$)/g)].map(([, name]) => name).join(",")}`,
  );
}

/** Numbers of `<` and `>` outside of tags: none may come from a name. */
const strays = (page: string): number => (page.match(/[<>]/g) ?? []).length;

describe("the page of a report", () => {
  const page = htmlPage(unsigned(SAMPLE));

  it("loads nothing and runs nothing, and says so to the browser", () => {
    expect(page).toContain(`default-src 'none'; style-src 'sha256-${STYLE_DIGEST}'`);
    expect(page).not.toMatch(/<script|<iframe|<object|<link|<img|\son[a-z]+=|src=|@import|url\(/i);
    expect(page).not.toMatch(/\sstyle=/);
  });

  it("has the style that its policy names", () => {
    expect(page).toContain(`<style>${STYLE}</style>`);
    expect(createHash("sha256").update(STYLE).digest("base64")).toBe(STYLE_DIGEST);
  });

  it("draws the tree and the time line, and tells whose word each thing is", () => {
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page).toContain("12 /tmp/drop · 990 ms · signal 9");
    expect(page).toContain("seen from outside");
    expect(page).toContain("the guest&#39;s word");
    expect(page).toContain('href="https://attack.mitre.org/techniques/T1547/013"');
    expect(page).toContain("CHANGED");
    expect(page).toContain("proved gone");
  });

  it("says where the guest may have refused connections that nobody recorded", () => {
    const { result } = SAMPLE;
    const full = { ...SAMPLE, result: { ...result, network: { ...result.network, mostOpen: 4_096 } } };
    expect(htmlPage(unsigned(full))).toMatch(/4096 were open at a time, the most/);
    expect(page).not.toContain("were open at a time");
  });

  it.each(HOSTILE_NAMES)("keeps the name %j what it is: text", (name) => {
    const shown = htmlPage(unsigned(withName(name)));
    const harmless = htmlPage(unsigned(withName("x")));
    expect(skeleton(shown)).toEqual(skeleton(harmless));
    expect(strays(shown)).toBe(strays(harmless));
    // eslint-disable-next-line no-control-regex -- none may be left
    const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
    expect(shown).not.toMatch(unsafe);
    expect(shown).not.toContain('javascript:alert(1)"');
  });

  it("has the same markup whatever a name is (property)", () => {
    const harmless = htmlPage(unsigned(withName("x")));
    const pieces = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(...HOSTILE_NAMES),
      fc.constantFrom("<", ">", '"', "'", "&", "`", "\\"),
    );
    const names = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(names, (name) => {
        const shown = htmlPage(unsigned(withName(name)));
        expect(skeleton(shown)).toEqual(skeleton(harmless));
        expect(strays(shown)).toBe(strays(harmless));
      }),
      { numRuns: 100 },
    );
  });

  it("shows five requests of a stream, and how many more there were", () => {
    const [stream] = SAMPLE.result.network.streams;
    if (stream === undefined) throw new Error("the sample has a stream");
    const http = Array.from({ length: 8 }, (_, i) => ({
      method: "GET",
      host: "a",
      path: `/${i}`,
      status: 200,
    }));
    const network = { ...SAMPLE.result.network, streams: [{ ...stream, http }] };
    const shown = htmlPage(unsigned({ ...SAMPLE, result: { ...SAMPLE.result, network } }));
    expect(shown).toContain("<code>GET a/4 200</code>");
    expect(shown).not.toContain("GET a/5");
    expect(shown).toContain("and 3 more requests");
  });

  it("shows a stream that connected after more refused ones than there are rows", () => {
    const [stream] = SAMPLE.result.network.streams;
    if (stream === undefined) throw new Error("the sample has a stream");
    const refused = { ...stream, connected: undefined, target: { host: "refused.example.org", port: 1 } };
    const last = { ...stream, target: { host: "reached.example.org", port: 443 } };
    const network = {
      ...SAMPLE.result.network,
      streams: [...Array.from({ length: 3000 }, () => ({ ...refused })), last],
    };
    const shown = htmlPage(unsigned({ ...SAMPLE, result: { ...SAMPLE.result, network } }));
    expect(shown.match(/<td class="w mono">\s*refused\.example\.org/g)).toHaveLength(999);
    expect(shown).toMatch(/<td class="w mono">\s*reached\.example\.org/);
  });

  it("draws a bounded part of what is endless", () => {
    const events = Array.from({ length: 20_000 }, (_, i) => ({
      kind: "fork" as const,
      at: i,
      pid: i + 1,
      child: i + 2,
    }));
    const large = htmlPage(unsigned({ ...SAMPLE, witness: { ...SAMPLE.witness, events } }));
    expect(large).toContain("Only the first 500 are drawn");
    expect(large.length).toBeLessThan(2_000_000);
  });
});
