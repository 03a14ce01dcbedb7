import { parseConfig, PlatformError } from "@sequitur/core";
import { z } from "zod";
import { ESTIMATORS } from "./estimators.js";
import { logColumns } from "./log/log-columns.js";
import { storeLog } from "./log/store-log.js";

const fields = z.record(z.string(), z.unknown());

const policySchema = z.preprocess(
  (value) => (typeof value === "string" ? { name: value } : value),
  z.strictObject({
    name: z
      .string()
      .min(1)
      .describe(
        'POLICY or POLICY:MODEL, such as random or greedy:item-knn; "column": its probabilities stand in the log; "table:FILE": mean propensities of another log',
      ),
    policy: fields.default({}).describe("settings of the policy, such as epsilon"),
    model: fields.default({}).describe("config of the model that it ranks by"),
  }),
);
/** A policy under evaluation. */
export type PolicyChoice = z.infer<typeof policySchema>;

/** Every field of an estimation, on the command line and in a config file alike. */
export const settingsSchema = z.strictObject({
  title: z.string().default("").describe("heading of the report; made from the log when empty"),
  log: z
    .string()
    .min(1)
    .optional()
    .describe("file with one shown item a row: .csv, .tsv, .jsonl, .parquet; either this or store"),
  store: storeLog.optional().describe("the answers that a store recorded, in place of a file"),
  map: logColumns.prefault({}).describe("which columns are what, where they have other names"),
  policies: z.array(policySchema).min(1).describe("what would have happened under these?"),
  estimators: z.array(z.enum(ESTIMATORS)).min(1).optional().describe("absent: all that the log and the policy allow"),
  fitShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe("first part of the log, in order of time, that fits models; it is not evaluated. Unused without a model"),
  draws: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe("slates drawn a query from a policy that leaves something to chance"),
  maxWeight: z.number().positive().default(10).describe("where clipped-ips cuts weights"),
  threshold: z.number().positive().default(10).describe("weight above which switch-dr leaves it to the reward model"),
  ridge: z.number().positive().default(100).describe("rows of the mean reward that the reward model starts from"),
  level: z.number().gt(0).lt(1).default(0.95).describe("of the intervals"),
  seed: z.int().min(0).default(1).describe("of draws and fits"),
});
/** A resolved estimation. */
export type Settings = z.infer<typeof settingsSchema>;

/** Checks settings as written and fills their defaults; `where` names the file or "command line" in errors. */
export function parseSettings(value: unknown, where: string): Settings {
  const settings = parseConfig(settingsSchema, value, where);
  if ((settings.log === undefined) !== (settings.store === undefined)) return settings;
  const got = settings.log === undefined ? "neither" : "both";
  throw new PlatformError(
    "bad-config",
    `${where}: expected a log: either a file (log) or the store (store), got ${got}.`,
  );
}
