import { Command } from "commander";
import { expect, it } from "vitest";
import { parseSize, parseTime } from "../../foundation/index.ts";
import { flagValue } from "./describe-limit.ts";
import { LIMIT_OPTIONS, addLimitOptions, limitsFrom } from "./limit-options.ts";

function parse(...words: readonly string[]): unknown {
  const command = addLimitOptions(new Command(), {}).exitOverride();
  command.parse(words, { from: "user" });
  return limitsFrom(command.opts());
}

it("reads every limit in its own unit", () => {
  const words = [
    "--memory",
    "512M",
    "--vcpus",
    "2",
    "--cpus",
    "0.5",
    "--time",
    "30s",
    "--processes",
    "100",
    "--output",
    "64M",
    "--out-files",
    "7",
    "--out-size",
    "1G",
  ];
  expect(parse(...words)).toEqual({
    memory: 2 ** 29,
    vcpus: 2,
    cpus: 0.5,
    timeMs: 30_000,
    processes: 100,
    outputBytes: 2 ** 26,
    outFiles: 7,
    outBytes: 2 ** 30,
  });
});

it("leaves out what was not given", () => {
  expect(parse()).toEqual({});
});

it.each([
  ["--memory", "lots"],
  ["--time", "soon"],
  ["--vcpus", "1.5"],
  ["--cpus", "-1"],
  ["--processes", ""],
  ["--memory", "-1M"],
])("refuses %s %s and shows how to write it", (flag, value) => {
  expect(() => parse(flag, value)).toThrow(
    expect.objectContaining({ code: "E_USAGE", message: expect.stringContaining(flag) as string }) as Error,
  );
});

it.each([
  ["--vcpus", "1.5", '--vcpus is "1.5", which is not a whole number'],
  ["--time", "1ms", "--time is 1ms; it must be 100 ms … 168 h"],
  ["--memory", "1M", "--memory is 1M; it must be 96 MiB … 1 TiB"],
])("says what is wrong with %s %s", (flag, value, message) => {
  expect(() => parse(flag, value)).toThrow(expect.objectContaining({ code: "E_USAGE", message }) as Error);
});

it("suggests values that it would itself accept", () => {
  for (const { limit, parse: read } of LIMIT_OPTIONS)
    expect(read(flagValue(limit, 120_000)), limit).toBeGreaterThan(0);
  expect([parseSize("512M"), parseTime("90s")]).toEqual([2 ** 29, 90_000]);
});
