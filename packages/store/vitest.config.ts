import { mergeConfig } from "vitest/config";
import shared from "../../vitest.config.js";

/** As everywhere, after both engines were made ready. */
export default mergeConfig(shared, { test: { globalSetup: ["./src/testing/engines-setup.ts"] } });
