import { parseConfig, PlatformError } from "@sequitur/core";
import { filterConfigSchema, splitConfigSchema } from "@sequitur/data";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../arguments/read-json-file.js";

const summarySchema = z.object({
  data: z.string(),
  fingerprint: z.string(),
  split: splitConfigSchema,
  filters: z.array(filterConfigSchema).default([]),
});

/** What was split into a folder, and how. */
export type Benchmark = z.infer<typeof summarySchema>;

/** Reads split.json of a folder that `data split` wrote. */
export async function readBenchmark(folder: string): Promise<Benchmark> {
  const path = join(folder, "split.json");
  return parseConfig(summarySchema, await readJsonFile(path), path);
}

/** Throws `bad-data` unless the data that were judged on are those that were handed out. */
export function checkBenchmark(folder: string, { data, fingerprint }: Benchmark, judged: string): void {
  if (judged === fingerprint) return;
  throw new PlatformError(
    "bad-data",
    `the data set ${data} is not what ${folder} was made of: fingerprint ${judged.slice(0, 12)}, there ` +
      `${fingerprint.slice(0, 12)}; the answers that lists were judged by may be others.`,
  );
}
