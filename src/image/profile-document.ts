import * as v from "valibot";
import type { ProfileSettings } from "../contract/index.ts";
import { MIB, MayflyError, parseSize, parseTime, tellMistake } from "../foundation/index.ts";
import { NetworkSchema, compileNetwork, showPath } from "../policy/network/index.ts";
import { readYaml } from "../foundation/yaml-document.ts";

const size = v.pipe(
  v.string(),
  v.check((text) => parseSize(text) !== undefined, "must be a size such as 256M"),
  v.transform((text) => parseSize(text) ?? 0),
);
const time = v.pipe(
  v.string(),
  v.check((text) => parseTime(text) !== undefined, "must be a time such as 30s"),
  v.transform((text) => parseTime(text) ?? 0),
);
const words = v.array(v.string());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const Debian = v.strictObject({
  variant: v.optional(v.picklist(["extract", "essential", "minbase"]), "minbase"),
  packages: v.pipe(words, v.minLength(1)),
  exclude: v.optional(words, []),
});
const LimitsPart = v.strictObject({
  time: v.optional(time),
  output: v.optional(size),
  processes: v.optional(count),
  outFiles: v.optional(count),
  outBytes: v.optional(size),
});
const ProfileDocument = v.strictObject({
  description: v.string(),
  debian: Debian,
  memory: v.optional(size, "256M"),
  vcpus: v.optional(v.pipe(count, v.minValue(1), v.maxValue(64)), 1),
  tbSize: v.optional(v.pipe(count, v.minValue(8), v.maxValue(2048)), 32),
  warmUp: v.optional(v.array(v.pipe(words, v.minLength(1))), [["true"]]),
  standby: v.optional(count, 0),
  mime: v.optional(words, []),
  display: v.optional(v.boolean(), false),
  modules: v.optional(words, []),
  limits: v.optional(LimitsPart, {}),
  network: v.optional(NetworkSchema),
});

export type DebianSettings = v.InferOutput<typeof Debian>;

/** What a root file system is made of, besides the profile's own files. */
export interface RootSettings {
  readonly debian: DebianSettings;
  readonly display: boolean;
}

/** What `profile.yaml` says. */
export interface ProfileDocument extends ProfileSettings {
  readonly debian: DebianSettings;
  /** Kernel modules beyond those that every machine needs. */
  readonly modules: readonly string[];
}

/** Reads the text of a `profile.yaml`. @throws E_BAD_PROFILE, E_BAD_POLICY with file, line and the nearest known key */
export function parseProfile(text: string, file: string): ProfileDocument {
  const { value, lineOf } = readYaml(text, (line, what) => bad(file, line, what));
  const parsed = v.safeParse(ProfileDocument, value);
  if (!parsed.success) {
    const { path, what } = tellMistake(parsed.issues, ProfileDocument);
    throw bad(file, lineOf(path), path.length > 0 ? `${path.join(".")}: ${what}` : what);
  }
  const { limits, ...rest } = parsed.output;
  if (rest.network !== undefined)
    compileNetwork(rest.network, (path) => ({ key: showPath(path), where: `${file}:${lineOf(path)}` }));
  const { time: timeMs, output: outputBytes, ...counts } = limits;
  const all = { timeMs, outputBytes, ...counts };
  const known = Object.fromEntries(Object.entries(all).filter(([, each]) => each !== undefined));
  return { ...rest, memory: Math.ceil(rest.memory / (16 * MIB)) * 16 * MIB, limits: known };
}

function bad(file: string, line: number, what: string): MayflyError {
  return new MayflyError("E_BAD_PROFILE", `${file}:${line}: ${what}`, {
    next: "docs/profiles.md describes every key.",
  });
}
