import { parseConfig } from "@sequitur/core";
import { splitConfigSchema, splitInteractions } from "@sequitur/data";
import type { Command } from "commander";
import { kindOf } from "../arguments/assignments.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { writeSplit } from "../split-files/write-split.js";
import { textTable } from "../text-table.js";
import { filtersOf, openNamed, withOpenOptions, type OpenOptions } from "./open-options.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";

interface Options extends SharedOptions, OpenOptions {
  readonly split: Readonly<Record<string, unknown>>;
  readonly out: string;
  readonly answers: boolean;
}

/** `sequitur data split NAME`. */
export function dataSplitCommand(data: Command, io: Io): void {
  const command = withOpenOptions(
    data.command("split").description("write train, validation and test as plain files, for use elsewhere"),
  )
    .requiredOption("--out <dir>", "folder to write into, new or empty")
    .option(
      "--no-answers",
      "leave out the test answers: questions to hand out, whose lists `sequitur judge --benchmark DIR` then judges",
    )
    .option(
      "--split <kind:key=value>",
      "a split of `sequitur evaluate`, such as temporal:testFrom=0.9",
      kindOf,
      kindOf("leave-one-out"),
    );
  withExamples(withSharedOptions(command, "what was written"), [
    "sequitur data split ml-100k --out splits/ml-100k",
    "sequitur data split city --split temporal:validationFrom=0.8,testFrom=0.9 --out splits/city",
    "sequitur data split shop --split temporal --no-answers --out benchmark",
    "sequitur data split foursquare-nyc --split trajectory --out splits/nyc --json",
  ]);
  command.action(async (name: string, options: Options) => {
    const config = parseConfig(splitConfigSchema, options.split, "--split");
    const summary = await withProgress(io, options.quiet === true, async (report) => {
      const dataset = await openNamed(name, options, io, report);
      const split = splitInteractions(dataset.interactions, config);
      return writeSplit(options.out, dataset, config, split, {
        answers: options.answers,
        filters: filtersOf(options),
        report,
        signal: io.signal,
      });
    });
    if (options.json === true) {
      io.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
      return;
    }
    const counts = [
      ["training interactions", summary.train],
      ["validation queries", summary.validation],
      ["test queries", summary.test],
    ] as const;
    const rows = [...counts.map(([label, value]) => [label, String(value)]), ["written to", options.out]];
    io.stdout.write(textTable(rows, io.stdout.columns ?? 120));
  });
}
