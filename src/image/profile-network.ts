import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { LocatedNetwork, NetworkPolicy } from "../contract/index.ts";
import { MayflyError, attempt } from "../foundation/index.ts";
import { findProfile } from "./find-profile.ts";

/**
 * What the tasks of a profile may reach, as its document has it: secrets' files are relative to its folder, and each
 * part has its line. An image does not carry these: another user's profile that says the same has the same image.
 * @param network as the image has it
 * @throws E_UNKNOWN_PROFILE
 */
export async function networkOfProfile(name: string, network: NetworkPolicy): Promise<LocatedNetwork> {
  const file = join(findProfile(name), "profile.yaml");
  // Few profiles have a network, and these take long to load
  const { readYaml } = await import("../foundation/yaml-document.ts");
  const { showPath, withSecretFiles } = await import("../policy/network/index.ts");
  const document = attempt(
    () => readYaml(readFileSync(file, "utf8"), (_line, what) => new MayflyError("E_BAD_PROFILE", what)),
    "it may have changed since its image was read; then there is no line",
  );
  return {
    policy: withSecretFiles(network, (secret) => resolve(dirname(file), secret)),
    locate: (path) => ({
      key: showPath(path),
      where: document === undefined ? file : `${file}:${document.lineOf(path)}`,
    }),
  };
}
