import { PlatformError } from "@sequitur/core";
import type { Report } from "@sequitur/evaluate";
import type { Store } from "@sequitur/store";

export interface KeptModels {
  readonly store: Store;
  readonly artifactsDir: string;
  /** Folder of the report. */
  readonly out: string;
  readonly codeVersion: string;
}

/** The label of the model that is worth most on the validation questions; the test questions have no say. */
export function bestOnValidation({ models }: Report): string {
  const found = models
    .map(({ label, runs }) => ({ label, value: runs[0]?.validation ?? Number.NEGATIVE_INFINITY }))
    .reduce((best, one) => (one.value > best.value ? one : best), { label: "", value: Number.NEGATIVE_INFINITY });
  if (found.label !== "") return found.label;
  const reasons = models.flatMap(({ label, error }) => (error === null ? [] : [`${label}: ${error}`]));
  throw new PlatformError("bad-data", `expected a model with a validation value, got none. ${reasons.join("; ")}`);
}

/** Lets the kept fits answer as they are: the best for everybody, behind it what cold sessions and users fall back to. */
export async function serveKept(report: Report, best: string, kept: KeptModels): Promise<void> {
  const { FALLBACKS, serveFitted } = await import("@sequitur/api");
  const { readKeptModel } = await import("@sequitur/evaluate");
  const { store, artifactsDir, out, codeVersion } = kept;
  for (const [slot, label] of [["default", best] as const, ...FALLBACKS]) {
    const run = report.models.find((model) => model.label === label)?.runs[0];
    const origin = { dataFingerprint: report.data.fingerprint, seed: run?.seed ?? 1, codeVersion };
    const artifact = { ...(await readKeptModel(out, label)), origin };
    const metrics = run?.validation == null ? {} : { [`validation ${report.mainMetric}`]: run.validation };
    await serveFitted({ store, artifact, artifactsDir, slot, metrics });
  }
}
