import { defineConfig } from "vitest/config";

const conditions = ["@sequitur/source"];

/** Shared by every workspace (`vitest run --config ../../vitest.config.ts --root .`); tests run from source. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 30_000,
    passWithNoTests: true,
    onConsoleLog(log) {
      throw new Error(`a test printed to the console: ${log}`);
    },
  },
});
