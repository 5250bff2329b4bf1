import { defineConfig } from "vitest/config";

/** Tests that start machines: slow under emulation, so their limits are generous; none of them is about time. */
const MACHINES = { pool: "forks", testTimeout: 120_000, hookTimeout: 300_000 } as const;

// eslint-disable-next-line no-restricted-syntax -- vitest reads the default export
export default defineConfig({
  test: {
    retry: 0,
    env: { MAYFLY_DAEMON: "off" }, // whoever tests the daemon says otherwise
    maxWorkers: 2,
    reporters: ["default", "./test/support/pictures.ts", "./test/support/plain-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/docs/**/*.test.ts", "test/kvm-lab/*.test.mjs"],
          pool: "threads",
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "channel",
          include: ["test/hostile/channel.test.ts"],
          pool: "threads",
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "machines",
          include: [
            "test/{crash,daemon,documents,e2e,egress,findings,introspection,report,view,vm,witness}/**/*.test.ts",
            "test/hostile/guest.test.ts",
          ],
          ...MACHINES,
        },
      },
    ],
  },
});
