import { defineConfig } from "vitest/config";

// eslint-disable-next-line no-restricted-syntax -- vitest reads the default export
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], pool: "threads" } },
      {
        test: {
          name: "hostile",
          include: ["test/hostile/**/*.test.ts"],
          pool: "threads",
          testTimeout: 60_000,
        },
      },
    ],
  },
});
