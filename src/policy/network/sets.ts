import { WEB_PORTS, type PortRange } from "./ports.ts";

/** A part of a named set. */
interface SetPart {
  /** Whose it is, for people. */
  readonly of: string;
  /** Exact names; `anything public` where it is no list. */
  readonly hosts: readonly string[] | "anything public";
  readonly ports: readonly PortRange[];
}

const HTTPS: readonly PortRange[] = [[443, 443]];

/**
 * Everything that `to` may be instead of a host. Adding one is adding an entry; `docs/policy.md` lists them, and a test
 * keeps the two equal. Hosts that serve any customer's content (storage buckets, `github.com` itself) are left out.
 */
export const NETWORK_SETS: Readonly<Record<string, readonly SetPart[]>> = {
  none: [],
  web: [{ of: "the web", hosts: "anything public", ports: WEB_PORTS }],
  packages: [
    // apt checks signatures, so plain HTTP is no worse: https://www.debian.org/mirror/list
    { of: "Debian", hosts: ["deb.debian.org", "security.debian.org"], ports: WEB_PORTS },
    // index and files: https://peps.python.org/pep-0503/ and https://docs.pypi.org/api/
    { of: "PyPI", hosts: ["pypi.org", "files.pythonhosted.org"], ports: HTTPS },
    // npm's and Yarn's default `registry`
    { of: "npm", hosts: ["registry.npmjs.org", "registry.yarnpkg.com"], ports: HTTPS },
    // sparse index, API, downloads: https://doc.rust-lang.org/cargo/reference/registry-index.html
    { of: "crates.io", hosts: ["crates.io", "index.crates.io", "static.crates.io"], ports: HTTPS },
    // defaults of GOPROXY and GOSUMDB: https://go.dev/ref/mod
    { of: "Go", hosts: ["proxy.golang.org", "sum.golang.org"], ports: HTTPS },
    // RubyGems' default source and Bundler's index
    { of: "RubyGems", hosts: ["rubygems.org", "index.rubygems.org"], ports: HTTPS },
    // Maven's super POM, and the name that Gradle uses
    { of: "Maven Central", hosts: ["repo.maven.apache.org", "repo1.maven.org"], ports: HTTPS },
    // source archives and files of releases: https://api.github.com/meta, `domains`
    {
      of: "GitHub downloads",
      hosts: ["codeload.github.com", "objects.githubusercontent.com", "release-assets.githubusercontent.com"],
      ports: HTTPS,
    },
  ],
};

export function setNamed(text: string): readonly SetPart[] | undefined {
  return Object.hasOwn(NETWORK_SETS, text) ? NETWORK_SETS[text] : undefined;
}
