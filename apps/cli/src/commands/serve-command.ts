import { parseConfig } from "@sequitur/core";
import type { LogLevel, Scope } from "@sequitur/api";
import type { Store } from "@sequitur/store";
import { Option, type Command } from "commander";
import { once } from "node:events";
import { collectAssignment, numberOf } from "../arguments/assignments.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { withExamples } from "./shared-options.js";
import { withStore, withStoreOptions, type StoreFlags } from "./store-options.js";

interface Options extends StoreFlags {
  readonly port: number;
  readonly host: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly logLevel: LogLevel;
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
    .option("--new-key", "make another key with every scope and print it")
    .option("--once", "stop again as soon as it answers");
  withExamples(withStoreOptions(command), [
    "sequitur serve",
    "sequitur serve --port 9000 --dir ./shop",
    "DATABASE_URL=postgres://me@db/shop sequitur serve --host 0.0.0.0 --log-level info",
  ]);
  command.action(async (options: Options) => {
    const { apiLogger, apiSettingsSchema, startApi } = await import("@sequitur/api");
    const settings = parseConfig(apiSettingsSchema, options.set ?? {}, "--set");
    const logger = apiLogger(options.logLevel, (line) => io.stderr.write(line));
    await withProgress(io, true, (report) =>
      withStore(io, options, report, async (store) => {
        const { host, port } = options;
        const api = await startApi({ store, settings, logger, host, port, watchProcess: true });
        try {
          io.stdout.write(await welcome(store, api.url, options.newKey === true));
          if (options.once !== true && !io.signal.aborted) await once(io.signal, "abort");
        } finally {
          await api.close();
        }
      }),
    );
  });
}

/** What to paste next. A key is made and told when there is none yet, or when asked for. */
async function welcome(store: Store, url: string, wantsKey: boolean): Promise<string> {
  const { createApiKey, listApiKeys } = await import("@sequitur/store");
  const { SCOPES } = await import("@sequitur/api");
  const needsKey = wantsKey || (await listApiKeys(store)).length === 0;
  const scopes: readonly Scope[] = SCOPES;
  const made = needsKey ? await createApiKey(store, { name: "made by sequitur serve", scopes }) : undefined;
  const user = await store.db.selectFrom("users").select("user_id").limit(1).executeTakeFirst();
  const place = await store.db
    .selectFrom("items")
    .select(["item_id", "latitude", "longitude"])
    .where("deleted_at", "is", null)
    .orderBy("item_key")
    .limit(1)
    .executeTakeFirst();
  const key = made === undefined ? "Keys exist; serve --new-key prints another.\n" : `export KEY=${made.secret}\n`;
  const userId = user?.user_id ?? "ada";
  const itemId = place?.item_id ?? "cafe-7";
  const lines = [
    curl(url, "/v1/recommendations", { userId, k: 5, explain: true }),
    curl(url, "/v1/slates", { userId, k: 5, policy: { kind: "softmax", temperature: 1 } }),
    curl(url, "/v1/events", { events: [{ eventId: "e1", userId, itemId }] }),
  ];
  if (place !== undefined && place.latitude !== null && place.longitude !== null) {
    const { latitude, longitude } = place;
    lines.push(curl(url, "/v1/next-poi", { userId, k: 5, latitude, longitude, radiusKm: 2 }));
  }
  return `Sequitur answers at ${url} (reference: ${url}/reference)\n\n${key}\n${lines.join("\n")}\n`;
}

function curl(url: string, path: string, body: unknown): string {
  const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
  return `curl -s ${url}${path} -H "authorization: Bearer $KEY" -H 'content-type: application/json' -d '${json}'`;
}
