import { Option, type Command } from "commander";
import type { LimitName, Limits } from "../../contract/index.ts";
import { MayflyError, neutralise, parseSize, parseTime } from "../../foundation/index.ts";
import { describeLimit } from "./describe-limit.ts";
import { requireInRange } from "./limit-ranges.ts";

type MutableLimits = { -readonly [Name in keyof Limits]?: Limits[Name] };

interface LimitOption {
  readonly limit: LimitName;
  /** For a sentence: over its … of 30 s. */
  readonly noun: string;
  readonly flag: string;
  readonly value: string;
  readonly description: string;
  readonly parse: (text: string) => number | undefined;
  readonly example: string;
}

/** Which flag sets which limit: for parsing, for help, and for telling which one to raise. */
export const LIMIT_OPTIONS: readonly LimitOption[] = [
  {
    limit: "memory",
    noun: "memory limit",
    flag: "--memory",
    value: "SIZE",
    parse: parseSize,
    example: "512M",
    description: "memory of the machine",
  },
  {
    limit: "vcpus",
    noun: "number of processors",
    flag: "--vcpus",
    value: "N",
    parse: whole,
    example: "2",
    description: "virtual processors",
  },
  {
    limit: "cpus",
    noun: "share of processors",
    flag: "--cpus",
    value: "N",
    parse: decimal,
    example: "0.5",
    description: "share of the host's processors",
  },
  {
    limit: "timeMs",
    noun: "time limit",
    flag: "--time",
    value: "TIME",
    parse: parseTime,
    example: "30s, 10m or 2h",
    description: "longest run time of the command",
  },
  {
    limit: "processes",
    noun: "process limit",
    flag: "--processes",
    value: "N",
    parse: whole,
    example: "100",
    description: "processes and threads at a time",
  },
  {
    limit: "outputBytes",
    noun: "output limit",
    flag: "--output",
    value: "SIZE",
    parse: parseSize,
    example: "64M",
    description: "most standard output and error",
  },
  {
    limit: "outFiles",
    noun: "number of files in /out",
    flag: "--out-files",
    value: "N",
    parse: whole,
    example: "100",
    description: "most files in --out",
  },
  {
    limit: "outBytes",
    noun: "size limit of /out",
    flag: "--out-size",
    value: "SIZE",
    parse: parseSize,
    example: "1G",
    description: "most bytes in --out",
  },
];

/** What each reader reads. */
const KINDS: ReadonlyMap<LimitOption["parse"], string> = new Map([
  [whole, "a whole number"],
  [decimal, "a number"],
  [parseSize, "a size"],
  [parseTime, "a time"],
]);

/** Adds the limit options, or `only` some, to a command. @param usual what holds where an option is left out */
export function addLimitOptions(
  command: Command,
  usual: Partial<Limits>,
  only?: readonly LimitName[],
): Command {
  for (const { limit, flag, value, parse, example, description } of LIMIT_OPTIONS) {
    if (only?.includes(limit) === false) continue;
    const usually = usual[limit] === undefined ? "" : ` (usually ${describeLimit(limit, usual[limit])})`;
    const option = new Option(`${flag} <${value}>`, `${description}, such as ${example}${usually}`).argParser(
      (text: string) => {
        const parsed = parse(text);
        if (parsed === undefined) {
          throw new MayflyError(
            "E_USAGE",
            `${flag} is "${neutralise(text, 60)}", which is not ${KINDS.get(parse) ?? ""}`,
            {
              next: `Write it like ${flag} ${example}.`,
            },
          );
        }
        requireInRange({ limit, flag }, parsed, text);
        return parsed;
      },
    );
    command.addOption(option.helpGroup("Limits:"));
  }
  return command;
}

/** What commander stored, by the limits' own names. */
export function limitsFrom(options: Readonly<Record<string, unknown>>): Partial<Limits> {
  const limits: MutableLimits = {};
  for (const { limit, flag } of LIMIT_OPTIONS) {
    const value = options[new Option(flag).attributeName()];
    if (typeof value === "number") limits[limit] = value;
  }
  return limits;
}

function whole(text: string): number | undefined {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

function decimal(text: string): number | undefined {
  return /^\d{1,6}(\.\d{1,6})?$/.test(text.trim()) ? Number(text) : undefined;
}
