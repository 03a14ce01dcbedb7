import pino, { type Logger } from "pino";

export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Names under which a secret could come along in an error or an object. */
const SECRETS = ["authorization", "key", "secret", "password", "connectionString", "databaseUrl"];

/** One line of JSON a message. The level "debug" has a line for each request. */
export function apiLogger(level: LogLevel, write: (line: string) => unknown): Logger {
  return pino(
    {
      level,
      base: { service: "sequitur-api" },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[hidden]" },
    },
    { write: (line: string) => void write(line) },
  );
}
