import { PlatformError } from "@sequitur/core";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** The data of a report that is given as --config. */
export interface RepeatedData {
  readonly file: string;
  /** Of the interactions that were split. */
  readonly fingerprint: string;
}

/** The data that a config file was a report of; undefined for an experiment, which promises nothing of its data. */
export function repeatedData(config: unknown, file: string): RepeatedData | undefined {
  const { format, data } = (config ?? {}) as { format?: unknown; data?: { fingerprint?: unknown } };
  const isReport = typeof format === "string" && format.startsWith("sequitur-report/");
  const fingerprint = data?.fingerprint;
  return isReport && typeof fingerprint === "string" ? { file, fingerprint } : undefined;
}

/** Throws `bad-data` where a report was repeated on other data than it was made on; the new report is written by then. */
export function checkSameData(before: RepeatedData | undefined, fingerprint: string, out: string): void {
  if (before === undefined || before.fingerprint === fingerprint) return;
  throw new PlatformError(
    "bad-data",
    `the data are not those of ${before.file}: their fingerprint was ${short(before.fingerprint)}... and is now ` +
      `${short(fingerprint)}..., so the numbers of ${join(out, "report.json")} are not a repetition. Either the files or the code that reads them changed.`,
  );
}

/** What --resume finds, in one line. */
export async function resumeLine(out: string): Promise<string> {
  const pieces = await readdir(join(out, ".progress", "pieces")).catch(() => []);
  const fits = await readdir(join(out, ".progress", "checkpoints")).catch(() => []);
  if (pieces.length + fits.length === 0) {
    return `Nothing to resume in ${out}: the experiment starts from the beginning.\n`;
  }
  return (
    `Resuming in ${out}: ${pieces.length} finished fits and ${fits.length} with checkpoints; those of the same data, ` +
    "settings, seed and code are taken up.\n"
  );
}

function short(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}
