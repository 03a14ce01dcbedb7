import { asObject, configOf } from "../arguments/config-of.js";
import { setPath } from "../arguments/set-path.js";

/** Flags of `sequitur evaluate` that are fields of the experiment. */
export interface ExperimentFlags {
  readonly title?: string;
  readonly data?: string;
  readonly from?: string;
  readonly datasetsDir?: string;
  readonly city?: Readonly<Record<string, unknown>>;
  readonly signals?: string | Readonly<Record<string, unknown>>;
  readonly negatives?: string;
  readonly filter?: readonly Readonly<Record<string, unknown>>[];
  readonly split?: Readonly<Record<string, unknown>>;
  readonly models?: readonly string[];
  readonly k?: readonly number[];
  readonly metrics?: readonly string[];
  readonly metric?: string;
  readonly exclude?: string;
  readonly ties?: string;
  readonly scores?: string;
  readonly value?: string;
  readonly keepLists?: number;
  readonly listFormats?: readonly string[];
  readonly keepModels?: boolean;
  readonly runs?: readonly Readonly<Record<string, unknown>>[];
  readonly baseline?: string;
  readonly oracle?: boolean;
  readonly seed?: readonly number[];
  readonly tune?: number;
  readonly maxQueries?: number;
  readonly threads?: number;
  readonly concurrency?: number;
  readonly confidence?: number;
  readonly resamples?: number;
  readonly breakdowns?: boolean;
  readonly set?: Readonly<Record<string, unknown>>;
}

/** What the format of every report.json starts with, whatever its version. */
const REPORT_FAMILY = "sequitur-report/";

/** Fields that a flag of the same name replaces as a whole. */
const PLAIN = [
  "title",
  "split",
  "models",
  "k",
  "metrics",
  "metric",
  "exclude",
  "negatives",
  "signals",
  "ties",
  "scores",
  "value",
  "keepLists",
  "listFormats",
  "keepModels",
  "runs",
  "baseline",
  "oracle",
  "seed",
  "maxQueries",
  "threads",
  "concurrency",
  "confidence",
  "resamples",
] as const;

/**
 * What a config file says (or nothing) with the flags on top: plain fields are replaced, those of `data` and `tune`
 * one by one, and `set` changes any field at the end. The result is still to be checked by the schema.
 */
export function experimentOf(file: unknown, flags: ExperimentFlags, where: string): Record<string, unknown> {
  const base = configOf(file, REPORT_FAMILY, where);
  const result: Record<string, unknown> = { ...base };
  for (const name of PLAIN) if (flags[name] !== undefined) result[name] = flags[name];
  if (flags.filter !== undefined) result["filters"] = flags.filter;
  if (flags.breakdowns === false) result["breakdowns"] = false;
  if (flags.tune !== undefined) result["tune"] = { ...asObject(base["tune"], "trials"), trials: flags.tune };
  const data = {
    ...(flags.data !== undefined && { name: flags.data }),
    ...(flags.from !== undefined && { from: flags.from }),
    ...(flags.datasetsDir !== undefined && { datasetsDir: flags.datasetsDir }),
    ...(flags.city !== undefined && { city: flags.city }),
  };
  if (Object.keys(data).length > 0) result["data"] = { ...asObject(base["data"], "name"), ...data };
  return Object.entries(flags.set ?? {}).reduce<Record<string, unknown>>(
    (at, [path, value]) => setPath(named(at), path.split("."), value, `--set ${path}`) as Record<string, unknown>,
    result,
  );
}

/** Short forms written out, so that `set` finds fields inside them. */
function named(experiment: Record<string, unknown>): Record<string, unknown> {
  const { data, split, models } = experiment;
  const model = (entry: unknown): unknown => (typeof entry === "string" ? { name: entry } : entry);
  return {
    ...experiment,
    ...(typeof data === "string" && { data: { name: data } }),
    ...(typeof split === "string" && { split: { kind: split } }),
    ...(typeof models === "string" && { models: [{ name: models }] }),
    ...(Array.isArray(models) && { models: models.map(model) }),
  };
}
