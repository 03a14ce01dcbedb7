import { PlatformError } from "@sequitur/core";
import { z } from "zod";

/** What every report tells of its making. */
export const environmentFields = {
  commit: z.string().nullable().describe("of the code; null outside a git checkout; ends in + when it had changes"),
  node: z.string(),
  machine: z.string().describe("processor, cores, memory, system"),
};

/** When a report was made and what it took. */
export const runFields = {
  startedAt: z.string().describe("ISO instant"),
  seconds: z.number().describe("wall time of the whole experiment; of the last part when it was resumed"),
};

/** Checks what was read from a report of a format; `where` names the file. `bad-data` says what is wrong. */
export function parseReportOf<T>(schema: z.ZodType<T>, value: unknown, format: string, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PlatformError(
    "bad-data",
    `${where}: expected a report of format ${format}: ${issue?.path.map(String).join(".")}: ${issue?.message}`,
  );
}
