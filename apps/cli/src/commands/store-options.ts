import { PlatformError, type Report } from "@sequitur/core";
import type { Store } from "@sequitur/store";
import type { Command } from "commander";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Io } from "../io.js";

/** Flags that say where the store and its artifacts are. */
export interface StoreFlags {
  readonly dir: string;
  readonly artifacts?: string;
}

/** Adds --dir; a server comes by DATABASE_URL only, since flags can be read by everybody on the machine. */
export function withStoreOptions(command: Command): Command {
  return withStoreFolder(command).option(
    "--artifacts <dir>",
    "folder of the fitted models (default: models below --dir)",
  );
}

/** Adds --dir alone, for commands that need no fitted models. */
export function withStoreFolder(command: Command): Command {
  return command
    .option("--dir <dir>", "folder of the embedded database and of the artifacts", ".sequitur")
    .addHelpText(
      "after",
      "\nWith DATABASE_URL set, that PostgreSQL server is used in place of the embedded\ndatabase.",
    );
}

/** Folder of the fitted models. */
export function artifactsDir({ dir, artifacts }: StoreFlags): string {
  return artifacts ?? join(dir, "models");
}

/** Opens the store, migrated, for as long as the work takes. */
export async function withStore<T>(
  io: Io,
  flags: StoreFlags,
  report: Report,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { openStore } = await import("@sequitur/store");
  const databaseUrl = io.env["DATABASE_URL"] ?? "";
  const folder = join(flags.dir, "db");
  if (databaseUrl === "") await makeFolder(flags.dir);
  const where = databaseUrl === "" ? { folder } : { databaseUrl };
  const store = await openStore({ ...where, clock: () => io.now(), report }, io.signal);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    throw new PlatformError("unavailable", `cannot make the folder ${dir}: ${(cause as Error).message}`, { cause });
  }
}
