import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { admitDocument, admitPage, requireAddress } from "./request.ts";

const USAGE = expect.objectContaining({ code: "E_USAGE" }) as Error;

describe("admitDocument", () => {
  it("lets nothing in or out by itself, and reaches nothing", () => {
    const { profile, policy, taskPolicy, inputs, out, address } = admitDocument("some/where/budget.xlsx", {});
    expect(policy).toEqual({ clipboard: "none", downloads: "none", printing: "none" });
    expect([profile, taskPolicy, out, address]).toEqual(["office-view", {}, undefined, undefined]);
    expect(inputs).toEqual([{ path: "some/where/budget.xlsx", name: "budget.xlsx" }]);
  });

  it("gives a file's name to the program as one word, whatever is in it, and shows it neutralised", () => {
    const { command, name } = admitDocument("x/--$(id)\u001b[2J.ods", {});
    expect(command.at(-1)).toBe("--$(id)\u001b[2J.ods");
    expect(command[2]).not.toContain("id");
    expect(name).toBe("--$(id)\\u{1b}[2J.ods");
  });

  it("lets files out where a directory is named, marked unless the policy says otherwise", () => {
    const named = admitDocument("a.odt", { out: "edited" });
    expect([named.out, named.policy.downloads, named.policy.printing]).toEqual([
      resolve("edited"),
      "marked",
      "none",
    ]);
    const policy = { downloads: "safe", printing: "safe", clipboard: "both" } as const;
    expect(admitDocument("a.odt", { out: "edited", policy }).policy).toEqual(policy);
    expect(admitDocument("a.odt", { out: "edited", policy: { downloads: "none" } }).policy.downloads).toBe(
      "none",
    );
  });

  it("refuses a policy that lets files out to nowhere", () => {
    for (const policy of [{ downloads: "marked" }, { downloads: "safe" }, { printing: "safe" }] as const)
      expect(() => admitDocument("a.odt", { policy })).toThrow(USAGE);
  });
});

describe("admitPage", () => {
  it("reaches the web unless the policy says otherwise, which then is all that it reaches", () => {
    const web = { network: { allow: ["web"] } };
    expect(admitPage("example.org", {}, undefined).taskPolicy).toEqual(web);
    expect(admitPage("example.org", { policy: { network: undefined } }, undefined).taskPolicy).toEqual(web);
    const policy = { network: { allow: ["example.org"] } };
    expect(admitPage("example.org", { policy }, undefined).taskPolicy).toEqual(policy);
  });

  it("shows the host, and keeps to a site where one is given", () => {
    const all = admitPage("https://shop.example.org/a?b#c", {}, undefined);
    expect([all.profile, all.name, all.address]).toEqual([
      "browser",
      "shop.example.org",
      "https://shop.example.org/a?b#c",
    ]);
    expect(all.command.slice(-2)).toEqual([
      "/usr/lib/mayfly/display/browse",
      "https://shop.example.org/a?b#c",
    ]);
    const { command } = admitPage("https://shop.example.org/", {}, "example.org");
    expect(command.slice(-3)).toEqual(["--only", "example.org", "https://shop.example.org/"]);
  });
});

describe("requireAddress", () => {
  it("takes an address of the web, with or without its scheme", () => {
    expect(requireAddress("example.org/a b")).toBe("https://example.org/a%20b");
    expect(requireAddress("HTTP://Example.org:8080")).toBe("http://example.org:8080/");
    expect(requireAddress("localhost:8080")).toBe("https://localhost:8080/");
    expect(requireAddress("--only")).toBe("https://--only/"); // no option of the program's
  });

  it("refuses every other", () => {
    for (const text of [
      ...["", "ftp://example.org/", "file:///etc/passwd", "javascript:alert(1)", "chrome://settings"],
      ...["https://me:secret@example.org/", "https://", `https://example.org/${"x".repeat(3000)}`],
    ])
      expect(() => requireAddress(text), text).toThrow(USAGE);
  });
});
