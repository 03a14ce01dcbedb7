import { readFileSync } from "node:fs";
import { Command } from "commander";
import { compareCommand } from "./commands/compare-command.js";
import { dataCommand } from "./commands/data-command.js";
import { estimateCommand } from "./commands/estimate-command.js";
import { evaluateCommand } from "./commands/evaluate-command.js";
import { experimentCommand } from "./commands/experiment-command.js";
import { exportCommand } from "./commands/export-command.js";
import { importCommand } from "./commands/import-command.js";
import { judgeCommand } from "./commands/judge-command.js";
import { serveCommand } from "./commands/serve-command.js";
import { simulateCommand } from "./commands/simulate-command.js";
import { startCommand } from "./commands/start-command.js";
import { trainCommand } from "./commands/train-command.js";
import { exitCodeOf, failureLine, failureStack } from "./failure.js";
import type { Io } from "./io.js";

/**
 * Runs the program with the arguments that follow its name and gives its exit code: 0 done, 1 failed, 2 bad usage,
 * 130 stopped by Ctrl-C. Results go to stdout; progress, notes and the one line of an error go to stderr.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    await programFor(io).parseAsync([...argv], { from: "user" });
    return 0;
  } catch (error) {
    const line = failureLine(error);
    if (line !== undefined) io.stderr.write(`sequitur: ${line}\n`);
    if (line !== undefined && wantsStack(argv, io)) io.stderr.write(`${failureStack(error)}\n`);
    return exitCodeOf(error);
  }
}

function programFor(io: Io): Command {
  const program = new Command("sequitur")
    .description("Recommends what comes next: the next item, the next place, the next slate.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .option("--debug", "show where an error came from (also SEQUITUR_DEBUG=1)")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // The message is in the error that is thrown; it is written once, above.
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  $ sequitur start
  $ sequitur evaluate --data city --models popularity,markov,ease --oracle
  $ sequitur data get ml-100k
  $ sequitur data import clicks.csv --map user=uid,item=sku,time=ts:s --name clicks

Exit codes: 0 done, 1 failed, 2 bad usage, 130 stopped by Ctrl-C.`,
    );
  dataCommand(program, io);
  evaluateCommand(program, io);
  judgeCommand(program, io);
  compareCommand(program, io);
  simulateCommand(program, io);
  estimateCommand(program, io);
  experimentCommand(program, io);
  importCommand(program, io);
  trainCommand(program, io, version());
  serveCommand(program, io);
  startCommand(program, io, version());
  exportCommand(program, io);
  return program;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}

function wantsStack(argv: readonly string[], io: Io): boolean {
  const wish = io.env["SEQUITUR_DEBUG"];
  return argv.includes("--debug") || (wish !== undefined && wish !== "" && wish !== "0");
}
