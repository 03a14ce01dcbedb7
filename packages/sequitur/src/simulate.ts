import type { Progress } from "@sequitur/core";
import { parseSettings, simulate as runSimulation, summaryText, type Report } from "@sequitur/simulate";
import { inFolder } from "./in-folder.js";

export interface SimulateOptions {
  /** Keep report.json and report.html in this folder; nothing is kept when absent. */
  readonly out?: string;
  readonly signal?: AbortSignal;
  readonly report?: (progress: Progress) => void;
}

/** The report of a simulated A/B test, and the summary that the program prints. */
export interface Simulation extends Report {
  text(columns?: number): string;
}

/**
 * Runs an A/B test on simulated users. `settings` are those of `sequitur simulate`:
 * { arms: ["popularity", "softmax:item-knn"], users: 500, days: 14 }.
 */
export async function simulate(
  settings: Readonly<Record<string, unknown>>,
  { out, signal, report: progress }: SimulateOptions = {},
): Promise<Simulation> {
  const parsed = parseSettings(settings, "simulate");
  const report = await inFolder(out, (folder) =>
    runSimulation(parsed, { out: folder, ...(signal && { signal }), ...(progress && { report: progress }) }),
  );
  return { ...report, text: (columns = 100) => summaryText(report, { columns, color: false }) };
}
