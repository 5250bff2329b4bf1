import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HostsFile } from "./hosts-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hosts-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it("knows each name of a line, and all addresses of a name", async () => {
  const path = join(folder, "hosts");
  await writeFile(
    path,
    [
      "# 192.0.2.1 commented.test",
      "192.0.2.2\ta.test  Alias.Test # 192.0.2.3 behind.test",
      "\t2001:db8::2 a.test\r",
      "not-an-address b.test",
      "192.0.2.4 constructor",
    ].join("\n"),
  );
  const hosts = new HostsFile(path);
  expect(await hosts.addressesOf("a.test")).toEqual(["192.0.2.2", "2001:db8::2"]);
  expect(await hosts.addressesOf("alias.test")).toEqual(["192.0.2.2"]);
  for (const name of [
    "commented.test",
    "behind.test",
    "b.test",
    "test",
    "a",
    "a.test.corp.test",
    "__proto__",
  ])
    expect(await hosts.addressesOf(name)).toEqual([]);
});

it("sees that the file came, changed and went", async () => {
  const path = join(folder, "hosts");
  const hosts = new HostsFile(path);
  expect(await hosts.addressesOf("a.test")).toEqual([]);
  await writeFile(path, "192.0.2.1 a.test\n");
  expect(await hosts.addressesOf("a.test")).toEqual(["192.0.2.1"]);
  await writeFile(path, "192.0.2.10 a.test\n");
  expect(await hosts.addressesOf("a.test")).toEqual(["192.0.2.10"]);
  await rm(path);
  expect(await hosts.addressesOf("a.test")).toEqual([]);
});
