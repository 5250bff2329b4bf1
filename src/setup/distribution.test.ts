import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasStaleLists, parseDistribution } from "./distribution.ts";

const lists = mkdtempSync(join(tmpdir(), "mayfly-lists-"));
afterAll(() => {
  rmSync(lists, { recursive: true, force: true });
});

describe("parseDistribution", () => {
  it.each([
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', "Debian GNU/Linux 12 (bookworm)", true],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 24.04"\n', "Ubuntu 24.04", true],
    ["ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nPRETTY_NAME='Mint'\n", "Mint", true],
    ['ID=fedora\nPRETTY_NAME="Fedora Linux 40"\n', "Fedora Linux 40", false],
    ["ID=notdebian\n", "notdebian", false],
    ["", "this system", false],
  ])("%j", (text, name, isDebianLike) => {
    expect(parseDistribution(text)).toEqual({ name, isDebianLike });
  });
});

describe("hasStaleLists", () => {
  const age = (path: string, hours: number): void => {
    const then = Date.now() / 1000 - hours * 3600;
    utimesSync(path, then, then);
  };

  it("asks for new lists where there are none, or old ones only", () => {
    expect(hasStaleLists(join(lists, "none"))).toBe(true);
    expect(hasStaleLists(lists)).toBe(true);
    const list = join(lists, "archive_dists_bookworm_main_binary-amd64_Packages.lz4");
    writeFileSync(list, "");
    expect(hasStaleLists(lists)).toBe(false);
    age(list, 48);
    age(lists, 48);
    expect(hasStaleLists(lists)).toBe(true);
    // The archive's own date may be old; that they were fetched today shows at the directory.
    age(lists, 1);
    expect(hasStaleLists(lists)).toBe(false);
  });
});
