import { PlatformError } from "@sequitur/core";
import type { Experiment, Report } from "@sequitur/evaluate";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readJsonFile } from "../arguments/read-json-file.js";

/** The report in the folder, when it is of this experiment and these data and its models are there; else undefined. */
export async function keptReport(
  out: string,
  experiment: Experiment,
  fingerprint: string,
): Promise<Report | undefined> {
  const file = join(out, "report.json");
  if (!existsSync(file)) return undefined;
  const { modelPath, parseReport } = await import("@sequitur/evaluate");
  try {
    const report = parseReport(await readJsonFile(file), file);
    const same = isDeepStrictEqual(report.config, JSON.parse(JSON.stringify(experiment)));
    const hasModels = experiment.models.every(({ name, label = name }) => existsSync(modelPath(out, label)));
    return same && hasModels && report.data.sourceFingerprint === fingerprint ? report : undefined;
  } catch (error) {
    // One that cannot be read is made again.
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}
