import { defineConfig } from "vitest/config";

const conditions = ["@sequitur/source"];

/** Slow checks on real data: `vitest run --config ../../vitest.verify.config.ts --root .` in a workspace. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["verify/**/*.verify.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    passWithNoTests: true,
  },
});
