import { PlatformError } from "@sequitur/core";
import type { Command } from "commander";
import { collectColumns } from "../arguments/column-map.js";
import { collectField, namesOf, numberOf } from "../arguments/assignments.js";
import { configOf } from "../arguments/config-of.js";
import { readJsonFile } from "../arguments/read-json-file.js";
import { setPath } from "../arguments/set-path.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";
import { withStore, withStoreFolder, type StoreFlags } from "./store-options.js";

type Fields = Readonly<Record<string, unknown>>;

interface Options extends SharedOptions, StoreFlags {
  readonly config?: string;
  readonly out: string;
  readonly log?: string;
  readonly fromStore?: boolean;
  readonly since?: string;
  readonly before?: string;
  readonly endpoints?: readonly string[];
  readonly feedback?: readonly string[];
  readonly map?: Fields;
  readonly policy?: readonly string[];
  readonly estimators?: readonly string[];
  readonly set?: Fields;
}

/** Fields that a flag of the same name replaces as a whole. */
const PLAIN = [
  "title",
  "log",
  "map",
  "estimators",
  "fitShare",
  "draws",
  "maxWeight",
  "threshold",
  "level",
  "seed",
] as const;
const REPORT_FAMILY = "sequitur-estimate/";

/** `sequitur estimate`. */
export function estimateCommand(program: Command, io: Io): void {
  const command = program
    .command("estimate")
    .description("say from a log of slates what another policy would have earned, and whether the log can tell")
    .option("--log <file>", "one shown item a row: .csv, .tsv, .jsonl, .parquet (.gz may follow); Open Bandit as it is")
    .option("--from-store", "read the answers that the store recorded in place of a file")
    .option("--since <instant>", "of the store: asked from then on, such as 2026-05-01 or 2026-05-01T12:00:00Z")
    .option("--before <instant>", "of the store: asked before then (default: now)")
    .option("--endpoints <names>", "of the store: answers of these (default: slates)", namesOf)
    .option("--feedback <kinds>", "of the store: reactions that reward an item with 1 (default: click)", namesOf)
    .option("--map <key=column>", "other column names, such as slate=rid,reward=bought", collectColumns)
    .option("--policy <names>", "POLICY, POLICY:MODEL, column, or table:FILE, with commas between", namesOf)
    .option(
      "--estimators <names>",
      "such as ips,snips,dr,switch-dr,mrdr,pi,rips,cascade-dr (default: all that fit)",
      namesOf,
    )
    .option(
      "--fit-share <number>",
      "first part of the log that fits models and is not evaluated (default: 0.5)",
      numberOf,
    )
    .option("--draws <number>", "slates drawn a query from a policy that varies (default: 100)", numberOf)
    .option("--max-weight <number>", "where clipped-ips cuts weights (default: 10)", numberOf)
    .option("--threshold <number>", "weight above which switch-dr leaves it to the model (default: 10)", numberOf)
    .option("--level <number>", "of the intervals (default: 0.95)", numberOf)
    .option("--seed <number>", "of draws and fits (default: 1)", numberOf)
    .option("--title <text>", "heading of the report")
    .option("--config <file>", "settings as JSON, or a report.json to repeat; flags go on top")
    .option("--set <path=value>", "any other field, such as policies.0.policy.epsilon=0.2; repeatable", collectField)
    .option("--out <dir>", "folder of the report", "reports/estimate");
  withExamples(withSharedOptions(withStoreFolder(command), "the report"), [
    "sequitur estimate --from-store --since 2026-05-01 --policy random,greedy:popularity",
    "sequitur estimate --log slates.jsonl --policy random,greedy:item-knn",
    "sequitur estimate --log random/women/women.csv.gz --policy table:bts/women/women.csv.gz --estimators ips,snips,dr",
    "sequitur estimate --log bought.parquet --map slate=rid,item=sku,reward=bought,propensity=p --policy column",
  ]);
  command.action(async (options: Options) => {
    const { estimate, parseSettings, summaryText } = await import("@sequitur/estimate");
    const where = options.config ?? "command line";
    const file = options.config === undefined ? undefined : await readJsonFile(options.config);
    const base = configOf(file, REPORT_FAMILY, where);
    const settings = parseSettings(settingsOf(base, options), where);
    const { signal } = io;
    const report = await withProgress(io, options.quiet === true, (progress) => {
      const shared = { out: options.out, report: progress, signal, now: () => io.now() };
      if (settings.store === undefined) return estimate(settings, shared);
      return withStore(io, options, progress, (store) => estimate(settings, { ...shared, store }));
    });
    if (options.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else io.stdout.write(`${summaryText(report)}\nReport: ${options.out}/report.html, ${options.out}/report.json\n`);
  });
}

/** What a config file says (or nothing) with the flags on top; still to be checked by the schema. */
function settingsOf(base: Fields, options: Options): Record<string, unknown> {
  const flags: Fields = { ...options };
  const result: Record<string, unknown> = { ...base };
  for (const name of PLAIN) if (flags[name] !== undefined) result[name] = flags[name];
  Object.assign(result, logOf(base, options));
  if (options.policy !== undefined) result["policies"] = options.policy.map((name) => ({ name }));
  return Object.entries(options.set ?? {}).reduce<Record<string, unknown>>(
    (at, [path, value]) => setPath(at, path.split("."), value, `--set ${path}`) as Record<string, unknown>,
    result,
  );
}

/** Fields of the store's log that have a flag of the same name. */
const OF_STORE = ["since", "before", "endpoints", "feedback"] as const;

/** A file or the store by flags, in place of what the config says; undefined takes a field away. */
function logOf(base: Fields, options: Options): Fields {
  const given = OF_STORE.filter((name) => options[name] !== undefined);
  if (options.log !== undefined) {
    const other = options.fromStore === true ? "--from-store" : given[0] && `--${given[0]}`;
    if (other === undefined) return { store: undefined };
    throw new PlatformError("bad-config", `--log reads a file and ${other} is of the store: expected one of them.`);
  }
  if (options.fromStore !== true && given.length === 0) return {};
  if (options.fromStore !== true && base["store"] === undefined) {
    throw new PlatformError("bad-config", `--${given[0]} is of the store: expected --from-store with it.`);
  }
  const flags = given.map((name) => [name, options[name]] as const);
  return { log: undefined, store: { ...(base["store"] as Fields | undefined), ...Object.fromEntries(flags) } };
}
