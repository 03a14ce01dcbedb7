import { PlatformError, type Interactions } from "@sequitur/core";

/** (size) the session column, when a model's config asks for it; `bad-data` when the source gave none. */
export function sourceSessions(train: Interactions, model: string): Int32Array {
  const { session } = train.context;
  if (session !== undefined) return session;
  throw new PlatformError("bad-data", `${model}: the config asks for the source's sessions, but the data has none.`);
}
