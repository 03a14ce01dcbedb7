import { parseConfig, PlatformError } from "@sequitur/core";
import { filterConfigSchema, splitConfigSchema } from "@sequitur/data";
import { join } from "node:path";
import { readJsonFile } from "../arguments/read-json-file.js";
import type { SplitSummary } from "../split-files/write-split.js";

/** What was split into a folder, and how. */
export type Benchmark = Pick<SplitSummary, "data" | "fingerprint" | "split" | "filters">;

/** Reads split.json of a folder that `data split` wrote. */
export async function readBenchmark(folder: string): Promise<Benchmark> {
  const path = join(folder, "split.json");
  const { data, fingerprint, split, filters } = ((await readJsonFile(path)) ?? {}) as Partial<Benchmark>;
  if (typeof data !== "string" || typeof fingerprint !== "string" || !Array.isArray(filters)) {
    throw new PlatformError(
      "bad-data",
      `${path}: expected data, fingerprint, split and filters, as "data split" writes.`,
    );
  }
  return {
    data,
    fingerprint,
    split: parseConfig(splitConfigSchema, split, `${path}: split`),
    filters: filters.map((filter) => parseConfig(filterConfigSchema, filter, `${path}: filters`)),
  };
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
