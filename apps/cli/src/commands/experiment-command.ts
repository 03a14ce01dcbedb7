import type { Command } from "commander";
import { numberOf } from "../arguments/assignments.js";
import type { Io } from "../io.js";
import { withExamples } from "./shared-options.js";

interface Options {
  readonly json?: boolean;
}

/** `sequitur experiment`, of which there is `plan`. */
export function experimentCommand(program: Command, io: Io): void {
  const group = program.command("experiment").description("plan experiments");
  const command = group
    .command("plan")
    .description("say how many users and days it takes to find an effect, before anything is started")
    .option("--rate <share>", "users of control who do it, such as 0.12", numberOf)
    .option("--mean <number>", "in place of a rate: the metric a user of control", numberOf)
    .option("--deviation <number>", "with a mean: its standard deviation over users", numberOf)
    .requiredOption("--effect <share>", "relative effect to find, such as 0.05", numberOf)
    .requiredOption("--users-per-day <number>", "users a day who were not there before", numberOf)
    .option("--traffic <share>", "of the users who take part (default: 1)", numberOf)
    .option("--arms <number>", "with control, all alike in size (default: 2)", numberOf)
    .option("--alpha <share>", "probability of a false alarm (default: 0.05)", numberOf)
    .option("--power <share>", "probability to find the effect (default: 0.8)", numberOf)
    .option("--json", "print the plan as JSON on stdout and nothing else there");
  withExamples(command, [
    "sequitur experiment plan --rate 0.12 --effect 0.05 --users-per-day 5000",
    "sequitur experiment plan --mean 1.4 --deviation 2.2 --effect 0.03 --users-per-day 800 --arms 3",
  ]);
  command.action(async ({ json, ...fields }: Options) => {
    const { planExperiment } = await import("@sequitur/simulate");
    const need = planExperiment(fields, "command line");
    const { usersAnArm, users, days } = need;
    const text = `${usersAnArm} users an arm, ${users} in all: ${days} ${days === 1 ? "day" : "days"}\n`;
    io.stdout.write(json === true ? `${JSON.stringify(need)}\n` : text);
  });
}
