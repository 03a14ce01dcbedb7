import { PlatformError, type Report } from "@sequitur/core";
import { openDataset, type Dataset } from "@sequitur/data";
import type { Experiment, Report as Leaderboard } from "@sequitur/evaluate";
import type { Store } from "@sequitur/store";
import type { Command } from "commander";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { numberOf } from "../arguments/assignments.js";
import { readJsonFile } from "../arguments/read-json-file.js";
import { wantsColor, type Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { makeKey, serveStore } from "./serve-store.js";
import { withExamples } from "./shared-options.js";
import { artifactsDir, withStore } from "./store-options.js";

interface Options {
  readonly dir: string;
  readonly out: string;
  readonly port?: number;
  readonly fresh?: boolean;
  readonly once?: boolean;
}

/** The experiment of the leaderboard; it also says which city. */
const EXPERIMENT = fileURLToPath(new URL("../../../evaluate/experiments/city.json", import.meta.url));
/** What answers: the best of the leaderboard's models, with session-knn and popularity behind it. */
const MODEL = "personal";
const PORT = 8080;
const KEY_NAME = "made by sequitur start";

/** `sequitur start`: the whole story on a generated city. */
export function startCommand(program: Command, io: Io, version: string): void {
  const command = program
    .command("start")
    .description("the whole story on a generated city: import, train, compare models, serve")
    .option("--dir <dir>", "folder of the embedded database and of the artifacts", join(".sequitur", "city"))
    .option("--out <dir>", "folder of the report", join("reports", "city"))
    .option("--port <number>", "port to listen on (default: 8080, or a free one when it is taken)", numberOf)
    .option("--fresh", "compare the models again, even when the report is there")
    .option("--once", "stop again as soon as it answers")
    .addHelpText("after", "\nDATABASE_URL is not used: a demonstration belongs into no database of yours.");
  withExamples(command, ["sequitur start", "sequitur start --once", "sequitur serve --dir .sequitur/city"]);
  command.action(async (options: Options) => {
    const experiment = await readExperiment();
    const embedded = { ...io, env: { ...io.env, DATABASE_URL: "" } };
    const say = (step: number, text: string): unknown => io.stderr.write(`\n${step}/5 ${text}\n`);
    say(1, "Generate a city, whose true choices are known");
    const city = await withProgress(io, false, (report) => generate(experiment, io, report));
    await withStore(
      embedded,
      options,
      () => undefined,
      async (store) => {
        say(2, `Import ${city.interactions.size.toLocaleString("en")} check-ins into the database in ${options.dir}`);
        await withProgress(io, false, (report) => load(store, city, io, report));
        say(3, `Train ${MODEL} on all of them, and what newcomers fall back to`);
        await withProgress(io, false, (report) => train(store, artifactsDir(options), version, io, report));
        say(4, "Compare the built-in models on held-out check-ins");
        await compare(io, experiment, city, options);
        say(5, "Serve");
        await serve(io, store, options);
      },
    );
  });
}

async function readExperiment(): Promise<Experiment> {
  const { parseExperiment } = await import("@sequitur/evaluate");
  return parseExperiment(await readJsonFile(EXPERIMENT), EXPERIMENT);
}

async function generate({ data }: Experiment, io: Io, report: Report): Promise<Dataset> {
  const { name, datasetsDir, city } = data;
  return openDataset({ name, datasetsDir, options: city, signal: io.signal, report });
}

/** Adds nothing the second time. */
async function load(store: Store, { interactions, name }: Dataset, io: Io, report: Report): Promise<void> {
  const { importInteractions } = await import("@sequitur/store");
  await importInteractions(store, interactions, { source: name, report, signal: io.signal });
}

async function train(store: Store, folder: string, codeVersion: string, io: Io, report: Report): Promise<void> {
  const { trainFromStore } = await import("@sequitur/api");
  const how = { model: MODEL, artifactsDir: folder, activate: true, fallbacks: true, seed: 1, codeVersion };
  await trainFromStore({ store, ...how, report, signal: io.signal });
}

/** Shows the report that is there when it is of this experiment and these data, and else makes it. */
async function compare(io: Io, experiment: Experiment, city: Dataset, { out, fresh }: Options): Promise<void> {
  const { evaluate, leaderboardText } = await import("@sequitur/evaluate");
  const kept = fresh === true ? undefined : await readReport(out, experiment, city);
  const report =
    kept ??
    (await withProgress(io, false, (progress) =>
      evaluate(experiment, { out, signal: io.signal, report: progress, now: () => io.now() }),
    ));
  if (kept !== undefined) io.stderr.write(`made at ${kept.startedAt}; --fresh makes it again\n\n`);
  const color = wantsColor(io.stdout, io.env);
  io.stdout.write(leaderboardText(report, { columns: io.stdout.columns ?? 100, color }));
  io.stdout.write(`\nReport: ${join(out, "report.html")} (open it in a browser)\n`);
}

async function readReport(out: string, experiment: Experiment, city: Dataset): Promise<Leaderboard | undefined> {
  const file = join(out, "report.json");
  if (!existsSync(file)) return undefined;
  const { parseReport } = await import("@sequitur/evaluate");
  const { fingerprint } = await import("@sequitur/data");
  try {
    const report = parseReport(await readJsonFile(file), file);
    const same = isDeepStrictEqual(report.config, JSON.parse(JSON.stringify(experiment)));
    return same && report.data.sourceFingerprint === fingerprint(city.interactions) ? report : undefined;
  } catch (error) {
    // One that cannot be read is made again.
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}

/** With a key of this run alone: those of earlier runs are revoked, since nobody can look them up. */
async function serve(io: Io, store: Store, { port, once, dir }: Options): Promise<void> {
  const { listApiKeys, revokeApiKey } = await import("@sequitur/store");
  const { apiSettingsSchema } = await import("@sequitur/api");
  for (const { keyId, name } of await listApiKeys(store)) if (name === KEY_NAME) await revokeApiKey(store, keyId);
  await serveStore(io, store, {
    port: port ?? PORT,
    anyPort: port === undefined,
    settings: apiSettingsSchema.parse({ artifactsDir: artifactsDir({ dir }) }),
    logLevel: "warn",
    once: once === true,
    keyLine: await makeKey(store, KEY_NAME),
  });
  if (once === true)
    io.stderr.write("\nsequitur start serves again; sequitur serve --help says how to serve your own.\n");
}
