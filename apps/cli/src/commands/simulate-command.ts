import { PlatformError } from "@sequitur/core";
import type { Settings } from "@sequitur/simulate";
import type { Command } from "commander";
import { join } from "node:path";
import { collectAssignment, collectField, kindOf, namesOf, numberOf } from "../arguments/assignments.js";
import { asObject, configOf } from "../arguments/config-of.js";
import { readJsonFile } from "../arguments/read-json-file.js";
import { setPath } from "../arguments/set-path.js";
import { wantsColor, type Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { orSayHowToResume } from "./how-to-resume.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";

type Fields = Readonly<Record<string, unknown>>;

interface Options extends SharedOptions {
  readonly config?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly world?: Fields;
  readonly clicks?: Fields;
  readonly behaviour?: Fields;
  readonly arms?: readonly string[];
  readonly warmup?: Fields;
  readonly api?: string;
  readonly key?: string;
  readonly regret?: boolean;
  readonly set?: Fields;
}

/** Fields that a flag of the same name replaces as a whole. */
const PLAIN = [
  "title",
  "world",
  "arms",
  "control",
  "users",
  "days",
  "slate",
  "seeds",
  "seed",
  "learn",
  "concurrency",
  "threads",
] as const;

const REPORT_FAMILY = "sequitur-simulation/";

/** `sequitur simulate`. */
export function simulateCommand(program: Command, io: Io): void {
  const command = program
    .command("simulate")
    .description(
      "try the arms of an A/B test on simulated users whose truth is known; write report.html and report.json",
    )
    .option("--config <file>", "settings as JSON, or a report.json to repeat; flags go on top")
    .option("--out <dir>", "folder of the report (default: reports/simulate-WORLD)")
    .option("--resume", "go on with an experiment that was stopped; same flags, same --out")
    .option("--world <kind:key=value>", "city or latent, with its fields (default: city)", kindOf)
    .option(
      "--arms <names>",
      "POLICY or POLICY:MODEL, with commas between; also oracle, and api for a running API",
      namesOf,
    )
    .option("--control <label>", "the arm that others are compared with (default: the first)")
    .option("--users <number>", "users of each world (default: 1000)", numberOf)
    .option("--days <number>", "days that the arms serve (default: 30)", numberOf)
    .option("--slate <number>", "positions of a slate (default: 10)", numberOf)
    .option("--seeds <number>", "worlds (default: 3)", numberOf)
    .option("--seed <number>", "of the first world (default: 1)", numberOf)
    .option("--clicks <kind:key=value>", "multinomial, position-based, cascade or dynamic-bayesian", kindOf)
    .option("--behaviour <key=value>", "such as fatigue=0,delayHours=2; repeatable", collectAssignment)
    .option("--warmup <key=value>", "such as days=14,policy=random; repeatable", collectAssignment)
    .option("--learn <when>", "when arms learn: day or batch (default: day)")
    .option("--no-regret", "leave out the best slate of every visit, which costs the whole catalogue")
    .option("--api <url>", "address of a running API, for an arm named api")
    .option("--key <secret>", "its key, with the scopes serve, ingest and catalog (also SEQUITUR_API_KEY)")
    .option("--title <text>", "heading of the report")
    .option("--concurrency <number>", "processes at once (default: 2)", numberOf)
    .option("--threads <number>", "threads of one fit (default: 1)", numberOf)
    .option("--set <path=value>", "any other field, such as arms.mine.policy.epsilon=0.2; repeatable", collectField);
  withExamples(withSharedOptions(command, "the report"), [
    "sequitur simulate --arms popularity,epsilon-greedy:popularity,random,oracle --users 500 --days 14",
    "sequitur simulate --world city --arms popularity,greedy:slate-gru,thompson:slate-gru,in-slate-thompson:slate-gru \\\n" +
      "      --users 5000 --days 60 --slate 10 --seeds 5 --out reports/ab",
    "sequitur simulate --world latent:items=50,groups=10 --clicks cascade:persistence=0.9 --slate 5",
    "sequitur simulate --config apps/simulate/experiments/latent.json --set behaviour.fatigue=0",
    "sequitur simulate --arms api,popularity --seeds 1 --api http://127.0.0.1:8080 --key $KEY",
  ]);
  command.action(async (options: Options) => {
    const where = options.config ?? "command line";
    const { parseReport, parseSettings } = await import("@sequitur/simulate");
    const file = options.config === undefined ? undefined : await readJsonFile(options.config);
    const base = configOf(file, REPORT_FAMILY, where, (report) => parseReport(report, where).config);
    const settings = parseSettings(settingsOf(base, options), where);
    await runAndShow(io, settings, options);
  });
}

async function runAndShow(io: Io, settings: Settings, options: Options): Promise<void> {
  const { simulate, summaryText } = await import("@sequitur/simulate");
  const out = options.out ?? join("reports", `simulate-${settings.world.kind}`);
  const apiKey = options.key ?? io.env["SEQUITUR_API_KEY"];
  const { signal } = io;
  const report = await orSayHowToResume(out, () =>
    withProgress(io, options.quiet === true, (progress) =>
      simulate(settings, {
        out,
        resume: options.resume === true,
        signal,
        report: progress,
        now: () => io.now(),
        ...(apiKey !== undefined && { apiKey }),
      }),
    ),
  );
  if (options.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    io.stdout.write(summaryText(report, { columns: io.stdout.columns ?? 160, color: wantsColor(io.stdout, io.env) }));
    io.stdout.write(`\nReport: ${join(out, "report.html")} (open it in a browser), ${join(out, "report.json")}\n`);
  }
  if (report.arms.every(({ error }) => error !== null)) {
    throw new PlatformError("bad-data", "every arm failed, see above.");
  }
}

/** What a config file says (or nothing) with the flags on top; still to be checked by the schema. */
function settingsOf(base: Fields, options: Options): Record<string, unknown> {
  const flags: Fields = { ...options };
  const result: Record<string, unknown> = { ...base };
  for (const name of PLAIN) if (flags[name] !== undefined) result[name] = flags[name];
  if (options.regret === false) result["regret"] = false;
  const behaviour = { ...options.behaviour, ...(options.clicks && { clicks: options.clicks }) };
  if (Object.keys(behaviour).length > 0)
    result["behaviour"] = { ...asObject(base["behaviour"], "clicks"), ...behaviour };
  if (options.warmup !== undefined) result["warmup"] = { ...asObject(base["warmup"], "days"), ...options.warmup };
  if (options.api !== undefined) result["api"] = { ...asObject(base["api"], "url"), url: options.api };
  return Object.entries(options.set ?? {}).reduce<Record<string, unknown>>(
    (at, [path, value]) => setPath(named(at), path.split("."), value, `--set ${path}`) as Record<string, unknown>,
    result,
  );
}

/** Short forms written out, so that `set` finds fields inside them. */
function named(settings: Record<string, unknown>): Record<string, unknown> {
  const { world, arms } = settings;
  return {
    ...settings,
    ...(typeof world === "string" && { world: { kind: world } }),
    ...(Array.isArray(arms) && { arms: arms.map((arm: unknown) => asObject(arm, "name")) }),
  };
}
