import { parseConfig } from "@sequitur/core";
import type { LogLevel } from "@sequitur/api";
import type { Store } from "@sequitur/store";
import { Option, type Command } from "commander";
import { collectAssignment, numberOf } from "../arguments/assignments.js";
import { setSignals, SIGNALS_FLAG, SIGNALS_HELP, signalsOf } from "../arguments/signals-of.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { curlLines } from "./curl-lines.js";
import { makeKey, serveStore, signInLink } from "./serve-store.js";
import { withExamples } from "./shared-options.js";
import { artifactsDir, withStore, withStoreOptions, type StoreFlags } from "./store-options.js";

interface Options extends StoreFlags {
  readonly port: number;
  readonly host: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly logLevel: LogLevel;
  readonly signals?: string;
  readonly newKey?: boolean;
  readonly once?: boolean;
}

/** `sequitur serve`. */
export function serveCommand(program: Command, io: Io): void {
  const command = program
    .command("serve")
    .description("serve the API: events in, recommendations out, feedback in")
    .option("--port <number>", "port to listen on; 0 takes a free one", numberOf, 8080)
    .option("--host <address>", "address to listen on; 0.0.0.0 lets others in", "127.0.0.1")
    .option("--set <key=value>", "any setting, such as requestsPerSecondPerKey=500", collectAssignment)
    .addOption(
      new Option("--log-level <level>", "what goes to stderr, one line of JSON each")
        .choices(["silent", "error", "warn", "info", "debug"])
        .default("warn"),
    )
    .option(SIGNALS_FLAG, `${SIGNALS_HELP}; set for the store`)
    .option("--new-key", "make another key with every scope and print it")
    .option("--once", "stop again as soon as it answers");
  withExamples(withStoreOptions(command), [
    "sequitur serve",
    "sequitur serve --port 9000 --dir ./shop",
    "DATABASE_URL=postgres://me@db/shop sequitur serve --host 0.0.0.0 --log-level info",
  ]);
  command.action(async (options: Options) => {
    const { apiSettingsSchema } = await import("@sequitur/api");
    const settings = parseConfig(apiSettingsSchema, { artifactsDir: artifactsDir(options), ...options.set }, "--set");
    const signals = await signalsOf(options.signals);
    await withProgress(io, true, (report) =>
      withStore(io, options, report, async (store) => {
        await setSignals(store, signals);
        const key = await newKeyFor(store, options.newKey === true);
        const welcome = async (url: string): Promise<string> =>
          [
            `Sequitur answers at ${url} (reference: ${url}/reference)`,
            `Dashboard: ${key === undefined ? `${url}, with a key` : signInLink(url, key)}`,
            "",
            key === undefined ? "Keys exist; serve --new-key prints another." : `export KEY=${key}`,
            "",
            ...(await curlLines(store, url)),
            "",
          ].join("\n");
        await serveStore(io, store, { ...options, settings, once: options.once === true, welcome });
      }),
    );
  });
}

/** A key is made when there is none yet, or when asked for. */
async function newKeyFor(store: Store, wantsKey: boolean): Promise<string | undefined> {
  const { listApiKeys } = await import("@sequitur/store");
  if (!wantsKey && (await listApiKeys(store)).length > 0) return undefined;
  return makeKey(store, "made by sequitur serve");
}
