import { PlatformError } from "@sequitur/core";
import type { Command } from "commander";
import type { Io } from "../io.js";
import { checkBenchmark, readBenchmark, type Benchmark } from "./benchmark.js";
import { evaluateAndShow, withDataFlags, withProtocolFlags, type EvaluateOptions } from "./evaluate-command.js";
import { withExamples, withSharedOptions } from "./shared-options.js";

interface Options extends EvaluateOptions {
  readonly keys?: string;
  readonly benchmark?: string;
}

/** `sequitur judge`. */
export function judgeCommand(program: Command, io: Io): void {
  const command = program
    .command("judge")
    .description(
      "judge recommendation lists of any tool beside our models: same questions, metrics, intervals and tests",
    )
    .argument(
      "<runs...>",
      "TREC runs, or tables with query or user, item, score or rank (CSV, TSV, JSON Lines, Parquet)",
    )
    .option(
      "--keys <what>",
      "whose lists they are: query (number of the test question) or user (default: as the header says)",
    )
    .option(
      "--benchmark <dir>",
      "questions that `sequitur data split` wrote and handed out: its data set, filters and split",
    )
    .option("--config <file>", "experiment as JSON, or a report.json whose protocol is to be used; flags go on top")
    .option("--out <dir>", "folder of the report (default: reports/DATA-SPLIT-judged)");
  withDataFlags(command);
  withProtocolFlags(command);
  withExamples(withSharedOptions(command, "the report"), [
    "sequitur judge als.run --data ml-100k --split leave-one-out --models popularity,ease",
    "sequitur judge submissions/*.csv --data shop --split temporal --keys user --out reports/submissions",
    "sequitur judge submissions/*.csv --benchmark benchmark",
    "sequitur judge theirs.parquet --config reports/nyc/report.json",
  ]);
  command.action(async (files: readonly string[], options: Options) => {
    const { keys, benchmark: folder } = options;
    const benchmark = folder === undefined ? undefined : await readBenchmark(folder);
    const runs = files.map((file) => ({ file, ...(keys !== undefined && { keys }) }));
    // Of our models only those asked for, or those of the config; something to compare with else.
    const models = options.models ?? (options.config === undefined ? ["popularity"] : undefined);
    const asked = { ...options, ...(benchmark && flagsOf(benchmark, options)) };
    const { report } = await evaluateAndShow(io, { ...asked, runs, ...(models && { models }) }, "-judged");
    if (benchmark !== undefined) checkBenchmark(folder!, benchmark, report.data.sourceFingerprint);
  });
}

/** The protocol of a benchmark as flags; only where the data lie is for the command to say. */
function flagsOf({ data, split, filters }: Benchmark, { split: other, filter, data: place = data }: Options) {
  if (other === undefined && filter === undefined) return { data: place, split, filter: filters };
  throw new PlatformError(
    "bad-config",
    "--benchmark has a split and filters of its own: leave out --split and --filter.",
  );
}
