/**
 * Imports point down, never up and never sideways. Data flows the other way,
 * and the one file that sees every stage is src/task/run.ts.
 */
const LAYERS = [
  ["foundation"],
  ["contract"],
  ["process"],
  ["policy", "findings", "disposal"],
  ["report"],
  ["engine", "channel", "image", "setup", "egress", "archive", "display", "loopback", "client"],
  ["introspection"],
  ["microvisor"],
  ["task"],
  ["document"],
  ["view"],
  ["sdk"],
  ["daemon"],
  ["cli"],
];
const oneOf = (names) => `^src/(${names.join("|")})/`;

const layerRules = LAYERS.flatMap((layer, level) =>
  layer.map((name) => ({
    name: `${name}-imports-only-lower-layers`,
    severity: "error",
    from: { path: `^src/${name}/` },
    to: { path: "^src/", pathNot: oneOf([name, ...LAYERS.slice(0, level).flat()]) },
  })),
);

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "cli-goes-through-the-sdk",
      severity: "error",
      from: { path: "^src/cli/" },
      to: { path: "^src/", pathNot: oneOf(["cli", "sdk", "daemon", "client", "contract", "foundation"]) },
    },
    {
      name: "enter-a-folder-by-its-index",
      severity: "error",
      from: { path: "^src/([^/]+)/" },
      to: {
        path: "^src/[^/]+/.+",
        pathNot: [
          "^src/$1/",
          "^src/[^/]+/index\\.ts$",
          "^src/(contract/(agent|api)|policy/network|report/formats)/index\\.ts$",
          "^src/foundation/(errors|untrusted|yaml-document)\\.ts$",
          // What a command line needs before it is known who does its work; the index loads all.
          "^src/sdk/(browser|policy)\\.ts$",
        ],
      },
    },
    {
      name: "pure-folders-do-no-io",
      severity: "error",
      from: { path: "^src/(contract|policy|findings|report)/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "only-the-supervisor-spawns",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/process/|\\.test\\.ts$" },
      to: { path: "^(node:)?child_process$" },
    },
    {
      name: "pages-take-only-types-of-what-is-said",
      severity: "error",
      from: { path: "^web/" },
      to: { path: "^src/", pathNot: "^src/contract/" },
    },
    {
      name: "no-test-code-in-src",
      severity: "error",
      from: { path: "^src/", pathNot: "\\.test\\.ts$" },
      to: { path: "^test/" },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        pathNot: ["^web/[^/]+/main\\.tsx$", "^src/(index|cli/main)\\.ts$", "\\.test\\.ts$", "\\.d\\.ts$"],
      },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
  },
};
