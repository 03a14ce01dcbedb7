import { PlatformError } from "@sequitur/core";
import { splitConfigSchema } from "@sequitur/data";
import type { Experiment, Report } from "@sequitur/evaluate";
import type { Command } from "commander";
import { join } from "node:path";
import {
  collectAssignment,
  collectField,
  collectKind,
  kindOf,
  namesOf,
  numberOf,
  numbersOf,
} from "../arguments/assignments.js";
import { requireDataset } from "../arguments/datasets-folder.js";
import { readJsonFile } from "../arguments/read-json-file.js";
import { SIGNALS_FLAG, SIGNALS_HELP, signalsOf } from "../arguments/signals-of.js";
import { wantsColor, type Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { hasParts, placeOfData } from "./file-as-dataset.js";
import { orSayHowToResume } from "./how-to-resume.js";
import { withPartOptions, type PartFlags } from "./part-options.js";
import { checkSameData, repeatedData, resumeLine, type RepeatedData } from "./repeated-report.js";
import { experimentOf, type ExperimentFlags } from "./experiment-flags.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";

/** The data set that needs no files and no manifest. */
const GENERATED = "city";

/** What evaluate and judge are asked. */
export interface EvaluateOptions extends SharedOptions, ExperimentFlags, PartFlags {
  readonly config?: string;
  readonly out?: string;
  readonly resume?: boolean;
}

/** `sequitur evaluate`. */
export function evaluateCommand(program: Command, io: Io): void {
  const command = program
    .command("evaluate")
    .description("compare models on one data set and one split; write report.html and report.json")
    .option("--config <file>", "experiment as JSON, or a report.json to repeat; flags go on top")
    .option("--out <dir>", "folder of the report (default: reports/DATA-SPLIT)")
    .option("--resume", "go on with an experiment that was stopped; same flags, same --out");
  withDataFlags(command);
  withProtocolFlags(command);
  withRunFlags(command);
  withExamples(withSharedOptions(command, "the report"), [
    "sequitur evaluate",
    "sequitur evaluate --data city --models popularity,markov,ease --oracle",
    "sequitur evaluate --data foursquare-nyc --from ../shared/datasets/foursquare-nyc --split leave-one-out \\\n" +
      "      --models popularity,markov,item-knn,ease --k 5,10,20 --seed 1 --out reports/nyc",
    "sequitur evaluate --data ml-100k --models ease,item-knn --tune 20 --exclude seen",
    "sequitur evaluate --config experiment.json --set models.ease.config.lambda=400",
    "sequitur evaluate --config reports/nyc/report.json --out reports/again",
  ]);
  command.action(async (options: EvaluateOptions) => {
    const { experiment, out } = await evaluateAndShow(io, options, "");
    if (options.quiet !== true && options.json !== true) io.stderr.write(hints(experiment, out));
  });
}

/** Runs the experiment that the flags name, and prints its leaderboard, or the report as JSON. */
export async function evaluateAndShow(
  io: Io,
  options: EvaluateOptions,
  suffix: string,
): Promise<{ readonly experiment: Experiment; readonly out: string; readonly report: Report }> {
  const experiment = await experimentFor(options, options.config ?? "command line", io);
  const out = options.out ?? join("reports", `${experiment.data.name}-${experiment.split.kind}${suffix}`);
  if (options.resume === true && options.quiet !== true) io.stderr.write(await resumeLine(out));
  const report = await run(io, experiment, out, options);
  if (options.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else await show(io, report, out);
  if (report.best === null) throw new PlatformError("bad-data", "every model failed, see above.");
  if (!choosesData(options)) checkSameData(await repeated(options.config), report.data.fingerprint, out);
  return { experiment, out, report };
}

/** Whether flags change what a report given as --config was made of. */
function choosesData({ data, from, city, filter, set }: EvaluateOptions): boolean {
  return [data, from, city, filter, set].some((flag) => flag !== undefined);
}

async function repeated(config: string | undefined): Promise<RepeatedData | undefined> {
  return config === undefined ? undefined : repeatedData(await readJsonFile(config), config);
}

async function show(io: Io, report: Report, out: string): Promise<void> {
  const { leaderboardText } = await import("@sequitur/evaluate");
  const color = wantsColor(io.stdout, io.env);
  io.stdout.write(leaderboardText(report, { columns: io.stdout.columns ?? 100, color }));
  io.stdout.write(`\nReport: ${join(out, "report.html")} (open it in a browser), ${join(out, "report.json")}\n`);
}

export function withDataFlags(command: Command): void {
  command.option(
    "--data <name>",
    'data set of "sequitur data list", the folder of one, a file, or a folder of train, valid and test files; city is ' +
      "generated (default: city)",
  );
  withPartOptions(command)
    .option("--from <dir>", "read the raw files of the data set from this folder")
    .option("--datasets-dir <dir>", "where data sets are kept (default: datasets)")
    .option("--city <key=value>", "options of the generator, such as size=medium,seed=2; repeatable", collectAssignment)
    .option("--filter <kind:key=value>", "such as k-core:user=5,item=5; repeatable, in order", collectKind);
}

export function withProtocolFlags(command: Command): void {
  command
    .option(
      "--split <kind:key=value>",
      "leave-one-out, temporal, rolling, session-last, next-basket, ratio, trajectory, unseen-users, random, or given " +
        "(the data's own parts), with fields",
      kindOf,
    )
    .option("--models <names>", "models to compare, with commas between (default: all baselines)", namesOf)
    .option("--k <numbers>", "cut-offs (default: 5,10,20)", numbersOf)
    .option("--metrics <names>", "metrics of one query, such as ndcg,recall,mrr", namesOf)
    .option("--metric <name>", "the metric that orders the leaderboard (default: ndcg@10)")
    .option("--exclude <what>", "items taken out of each ranking: auto, seen or nothing (default: auto)")
    .option("--negatives <what>", "items that the user does not want: exclude (default), or rank")
    .option(SIGNALS_FLAG, `${SIGNALS_HELP} (default: as the data set says)`)
    .option("--ties <rule>", "equal scores: expected over random orders, or mid-rank (default: expected)")
    .option(
      "--scores <meaning>",
      "what scores are: order (default), rating (adds RMSE, MAE) or probability (pooled AP)",
    )
    .option("--value <attribute>", "numeric attribute of items that right items are worth, such as price: adds value@k")
    .option("--baseline <label>", "the model that others are compared with (default: popularity)")
    .option("--oracle", "city only: add the true choice model as the ceiling")
    .option("--confidence <share>", "of the intervals (default: 0.95)", numberOf)
    .option("--resamples <number>", "random sign patterns of a paired test (default: 1000)", numberOf)
    .option(
      "--keep-lists <number>",
      "write each model's first so many items of every list: lists.csv, NAME.run, qrels.txt",
      numberOf,
    )
    .option("--list-formats <names>", "how lists are written: csv, parquet, trec (default: csv,trec)", namesOf)
    .option("--keep-models", "write each fitted model to models/LABEL.safetensors, which the library loads")
    .option("--no-breakdowns", "leave out the groups of queries by user and item");
}

function withRunFlags(command: Command): void {
  command
    .option("--title <text>", "heading of the report")
    .option("--seed <numbers>", "one fit of each model for every seed (default: 1)", numbersOf)
    .option("--tune <trials>", "search the hyper-parameters of every model with this many trials each", numberOf)
    .option("--max-queries <number>", "draw this many test queries instead of asking all", numberOf)
    .option("--threads <number>", "threads of one fit", numberOf)
    .option("--concurrency <number>", "models at once; above 1 the timings disturb each other (default: 1)", numberOf)
    .option("--set <path=value>", "any other field, such as tune.metric=recall@10; repeatable", collectField);
}

async function experimentFor(options: EvaluateOptions, where: string, io: Io): Promise<Experiment> {
  const file = options.config === undefined ? undefined : await readJsonFile(options.config);
  const { signals: rules, ...others } = options;
  const signals = typeof rules === "string" ? await signalsOf(rules) : rules;
  const flags = { ...others, ...(signals && { signals }) };
  const { parseExperiment } = await import("@sequitur/evaluate");
  const written = experimentOf(file, flags, where);
  const experiment = parseExperiment(written, where);
  const { name, datasetsDir } = experiment.data;
  if (name === GENERATED) return experiment;
  const place = await withProgress(io, options.quiet === true, (report) =>
    placeOfData(name, datasetsDir, io, report, options),
  );
  await requireDataset(place.name, place.datasetsDir);
  const data = { ...experiment.data, ...place };
  if (written["split"] !== undefined || !(await hasParts(place))) return { ...experiment, data };
  return { ...experiment, data, split: splitConfigSchema.parse({ kind: "given" }) };
}

async function run(io: Io, experiment: Experiment, out: string, options: EvaluateOptions): Promise<Report> {
  const { signal } = io;
  const resume = options.resume === true;
  const { evaluate } = await import("@sequitur/evaluate");
  return orSayHowToResume(out, () =>
    withProgress(io, options.quiet === true, (report) =>
      evaluate(experiment, { out, resume, signal, report, now: () => io.now() }),
    ),
  );
}

function hints(experiment: Experiment, out: string): string {
  const again = `sequitur evaluate --config ${join(out, "report.json")}`;
  const ideas: [what: string, command: string][] = [];
  if (experiment.tune.trials === 0) ideas.push(["tune every model equally", `${again} --tune 20 --out ${out}-tuned`]);
  if (experiment.seed.length === 1)
    ideas.push(["see the spread over seeds", `${again} --seed 1,2,3 --out ${out}-seeds`]);
  if (experiment.data.name === GENERATED) {
    ideas.push(["bring your own data", "sequitur data profile my.csv"]);
  }
  if (ideas.length === 0) return "";
  const lines = ["", "What to try next:", ...ideas.flatMap(([what, command]) => [`  ${what}:`, `    ${command}`])];
  return `${lines.join("\n")}\n`;
}
