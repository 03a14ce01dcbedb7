import type { Command } from "commander";
import type { Io } from "../io.js";
import { dataGetCommand } from "./data-get-command.js";
import { dataImportCommand } from "./data-import-command.js";
import { dataListCommand } from "./data-list-command.js";
import { dataProfileCommand } from "./data-profile-command.js";
import { dataSplitCommand } from "./data-split-command.js";
import { dataStatsCommand } from "./data-stats-command.js";
import { withExamples } from "./shared-options.js";

/** `sequitur data ...`: what there is, and how to bring in more. */
export function dataCommand(program: Command, io: Io): void {
  const data = program.command("data").description("list, fetch, profile, import, describe and split data sets");
  withExamples(data, ["sequitur data list", "sequitur data get ml-100k", "sequitur data stats city --json"]);
  dataListCommand(data, io);
  dataGetCommand(data, io);
  dataProfileCommand(data, io);
  dataImportCommand(data, io);
  dataStatsCommand(data, io);
  dataSplitCommand(data, io);
}
