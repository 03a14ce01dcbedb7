import type { Command } from "commander";

/** Flags that most commands share. */
export interface SharedOptions {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Adds --json and --quiet. */
export function withSharedOptions(command: Command, json: string): Command {
  return command
    .option("--json", `print ${json} as JSON on stdout and nothing else there`)
    .option("-q, --quiet", "show no progress and no hints");
}

/** Examples below the help of a command. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}
