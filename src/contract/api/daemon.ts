import * as v from "valibot";

export const Failure = v.object({
  error: v.object({ code: v.string(), message: v.string(), next: v.nullable(v.string()) }),
});
export type Failure = v.InferOutput<typeof Failure>;

export const Daemon = v.object({
  version: v.string(),
  pid: v.number(),
  /** ISO 8601. */
  since: v.string(),
  /** Forks that are kept ready, by profile. */
  standby: v.record(v.string(), v.number()),
  /** What went wrong with keeping them, one line each. */
  warnings: v.array(v.string()),
});
export type Daemon = v.InferOutput<typeof Daemon>;

export const Profile = v.object({ name: v.string(), description: v.string() });
export type Profile = v.InferOutput<typeof Profile>;

/** An address that lets one browser in, once. */
export const Link = v.object({ url: v.string() });
export type Link = v.InferOutput<typeof Link>;
