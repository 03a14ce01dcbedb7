import { openStore } from "@sequitur/store";
import { apiLogger } from "../src/api-logger.js";
import { startApi } from "../src/server.js";
import { apiSettingsSchema } from "../src/settings.js";

/** Serves the embedded store in the folder given and says where, until it is killed. */
const store = await openStore({ folder: process.argv[2]!, clock: Date.now });
const settings = apiSettingsSchema.parse({});
const api = await startApi({ store, settings, logger: apiLogger("error", (line) => process.stderr.write(line)) });
process.send!({ url: api.url });
