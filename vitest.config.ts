import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const conditions = ["@sequitur/source"];

/** What a workspace makes ready once for all its test files, such as a database server. */
const globalSetup = resolve("vitest.setup.ts");

/** Shared by every workspace (`vitest run --config ../../vitest.config.ts --root .`); tests run from source. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 30_000,
    passWithNoTests: true,
    globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
    onConsoleLog(log) {
      throw new Error(`a test printed to the console: ${log}`);
    },
  },
});
