import type { Report } from "@sequitur/core";
import { openDataset, type Dataset } from "@sequitur/data";
import type { Experiment, Report as Leaderboard } from "@sequitur/evaluate";
import type { Store } from "@sequitur/store";
import { Option, type Command } from "commander";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { numberOf } from "../arguments/assignments.js";
import { readJsonFile } from "../arguments/read-json-file.js";
import { ceilingBars } from "../first-run/ceiling-bars.js";
import { keptReport } from "../first-run/kept-report.js";
import { bestOnValidation, serveKept } from "../first-run/serve-kept.js";
import { wantsColor, type Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { curlLines } from "./curl-lines.js";
import { makeKey, serveStore, signInLink } from "./serve-store.js";
import { withExamples } from "./shared-options.js";
import { artifactsDir, withStore } from "./store-options.js";

interface Options {
  readonly size: "tiny" | "small";
  readonly dir?: string;
  readonly out?: string;
  readonly port?: number;
  readonly fresh?: boolean;
  readonly once?: boolean;
}

/** Where a run keeps what it made. */
interface Places {
  readonly dir: string;
  readonly out: string;
}

/** The experiment of the leaderboard; it also says which city. */
const EXPERIMENT = fileURLToPath(new URL("../../../evaluate/experiments/city.json", import.meta.url));
const PORT = 8080;
const KEY_NAME = "made by sequitur start";

/** `sequitur start`: the whole story on a generated city. */
export function startCommand(program: Command, io: Io, version: string): void {
  const command = program
    .command("start")
    .description("the whole story on a generated city: import, train and compare models, serve the best")
    .addOption(
      new Option(
        "--size <size>",
        "residents of the city: small takes a minute or two, tiny a few seconds and shows less",
      )
        .choices(["tiny", "small"])
        .default("small"),
    )
    .option(
      "--dir <dir>",
      "folder of the embedded database and of the artifacts (default: .sequitur/city or city-tiny)",
    )
    .option("--out <dir>", "folder of the report (default: reports/city or city-tiny)")
    .option("--port <number>", "port to listen on (default: 8080, or a free one when it is taken)", numberOf)
    .option("--fresh", "train and compare the models again, even when the report is there")
    .option("--once", "stop again as soon as it answers")
    .addHelpText("after", "\nDATABASE_URL is not used: a demonstration belongs into no database of yours.");
  withExamples(command, ["sequitur start", "sequitur start --size tiny --once", "sequitur serve --dir .sequitur/city"]);
  command.action(async (options: Options) => {
    const experiment = await readExperiment(options.size);
    const places = placesOf(options);
    const embedded = { ...io, env: { ...io.env, DATABASE_URL: "" } };
    const say = (step: number, text: string): unknown => io.stderr.write(`\n${step}/4 ${text}\n`);
    say(1, "Generate a city, whose true choices are known");
    const city = await withProgress(io, false, (report) => generate(experiment, io, report));
    await withStore(
      embedded,
      places,
      () => undefined,
      async (store) => {
        say(2, `Import ${city.interactions.size.toLocaleString("en")} check-ins into the database in ${places.dir}`);
        await withProgress(io, false, (report) => load(store, city, io, report));
        say(
          3,
          "Train counting models, factors, a sequence network and a network of places; compare on held-out check-ins",
        );
        const report = await compare(io, experiment, city, places, options.fresh === true);
        const best = bestOnValidation(report);
        say(4, `Serve ${best}, the best on validation`);
        const kept = { store, artifactsDir: artifactsDir(places), out: places.out, codeVersion: version };
        await serveKept(report, best, kept);
        await serve(io, store, places, options, (api) => closing(report, best, places, api));
      },
    );
  });
}

function placesOf({ size, dir, out }: Options): Places {
  const name = size === "small" ? "city" : `city-${size}`;
  return { dir: dir ?? join(".sequitur", name), out: out ?? join("reports", name) };
}

async function readExperiment(size: Options["size"]): Promise<Experiment> {
  const { parseExperiment } = await import("@sequitur/evaluate");
  const written = (await readJsonFile(EXPERIMENT)) as Record<string, unknown>;
  const data = { name: "city", city: { size } };
  return parseExperiment({ ...written, data, keepModels: true }, EXPERIMENT);
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

/** Shows the report that is there when it is of this experiment and these data, and else makes it. */
async function compare(
  io: Io,
  experiment: Experiment,
  city: Dataset,
  { out }: Places,
  fresh: boolean,
): Promise<Leaderboard> {
  const { evaluate, leaderboardText } = await import("@sequitur/evaluate");
  const { fingerprint } = await import("@sequitur/data");
  const kept = fresh ? undefined : await keptReport(out, experiment, fingerprint(city.interactions));
  const report =
    kept ??
    (await withProgress(io, false, (progress) =>
      evaluate(experiment, { out, signal: io.signal, report: progress, now: () => io.now() }),
    ));
  if (kept !== undefined) io.stderr.write(`made at ${kept.startedAt}; --fresh makes it again\n\n`);
  const color = wantsColor(io.stdout, io.env);
  io.stdout.write(leaderboardText(report, { columns: io.stdout.columns ?? 100, color }));
  return report;
}

/** What the run ends with: a picture of the table, and where to look and what to paste next. */
function closing(
  report: Leaderboard,
  best: string,
  { out }: Places,
  api: { url: string; key: string; curl: string },
): string {
  return [
    "",
    "Share of the ceiling that each model reaches:",
    "",
    ...ceilingBars(report, best),
    "",
    `Report  ${pathToFileURL(resolve(out, "report.html")).href}`,
    `API     ${api.url}/reference`,
    "",
    "Look at what it recommends, and why (the link signs you in):",
    `Dashboard  ${signInLink(api.url, api.key)}`,
    "",
    "Ask it for five places, with reasons:",
    api.curl,
    "",
  ].join("\n");
}

/** With a key of this run alone: those of earlier runs are revoked, since nobody can look them up. */
async function serve(
  io: Io,
  store: Store,
  places: Places,
  { port, once }: Options,
  welcome: (api: { url: string; key: string; curl: string }) => string,
): Promise<void> {
  const { listApiKeys, revokeApiKey } = await import("@sequitur/store");
  const { apiSettingsSchema } = await import("@sequitur/api");
  for (const { keyId, name } of await listApiKeys(store)) if (name === KEY_NAME) await revokeApiKey(store, keyId);
  const key = await makeKey(store, KEY_NAME);
  await serveStore(io, store, {
    port: port ?? PORT,
    anyPort: port === undefined,
    settings: apiSettingsSchema.parse({ artifactsDir: artifactsDir(places) }),
    logLevel: "warn",
    once: once === true,
    welcome: async (url) => welcome({ url, key, curl: (await curlLines(store, url))[0]!.replace("$KEY", key) }),
  });
  if (once === true)
    io.stderr.write("\nsequitur start serves again; sequitur serve --help says how to serve your own.\n");
}
