import { mergeConfig } from "vitest/config";
import shared from "../../vitest.config.js";

/** As everywhere, after both engines of the store were made ready. */
export default mergeConfig(shared, {
  test: { globalSetup: ["@sequitur/store/testing-setup"], hookTimeout: 60_000 },
});
