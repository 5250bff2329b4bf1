import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseProfile } from "./profile-document.ts";
import { networkOfProfile } from "./profile-network.ts";

const DOCUMENT = `description: x
debian:
  packages: [a]
network:
  allow:
    - example.org
    - to: api.example.com:80
      inject:
        X-One: { file: one.txt }
        X-Two: { file: /etc/two.txt }
        X-Three: { env: THREE }
`;

let config: string;
let folder: string;
beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), "mayfly-config-"));
  folder = join(config, "mayfly", "profiles", "mine");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "profile.yaml"), DOCUMENT);
  vi.stubEnv("XDG_CONFIG_HOME", config);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(config, { recursive: true });
});

const network = parseProfile(DOCUMENT, "profile.yaml").network ?? {};

describe("the network of a profile", () => {
  it("has its secrets' files in the profile's folder, wherever Mayfly was started", async () => {
    const { policy } = await networkOfProfile("mine", network);
    expect(policy.allow?.[1]).toMatchObject({
      inject: {
        "X-One": { file: join(folder, "one.txt") },
        "X-Two": { file: "/etc/two.txt" },
        "X-Three": { env: "THREE" },
      },
    });
  });

  it("has its lines", async () => {
    const { locate } = await networkOfProfile("mine", network);
    const file = join(folder, "profile.yaml");
    expect(locate(["network", "allow", 0])).toEqual({ key: "network.allow[0]", where: `${file}:6` });
    expect(locate(["network", "allow", 1, "inject", "X-Two"])).toEqual({
      key: "network.allow[1].inject.X-Two",
      where: `${file}:10`,
    });
  });

  it("has at least its file where that cannot be read any more", async () => {
    writeFileSync(join(folder, "profile.yaml"), "network: [\n");
    const { locate } = await networkOfProfile("mine", network);
    expect(locate(["network", "allow", 0]).where).toBe(join(folder, "profile.yaml"));
  });
});
