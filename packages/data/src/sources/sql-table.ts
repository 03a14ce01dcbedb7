import { PlatformError } from "@sequitur/core";

/** What is used of `@duckdb/node-api`, which is installed by those who want it. */
export interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{ run(sql: string): Promise<unknown>; closeSync(): void }>;
      closeSync(): void;
    }>;
  };
}

const PACKAGE = "@duckdb/node-api";

/**
 * Runs a query of DuckDB, which reads whatever its SQL names (files, globs, databases), and writes the result to `path`
 * as Parquet. `unavailable` when DuckDB is not installed; `bad-data` with DuckDB's own words when the query fails.
 */
export async function writeSqlTable(
  sql: string,
  path: string,
  load: () => Promise<DuckDb> = loadDuckDb,
): Promise<void> {
  const { DuckDBInstance } = await load();
  const database = await DuckDBInstance.create(":memory:");
  try {
    const connection = await database.connect();
    const query = sql.trim().replace(/;+$/, "");
    await connection.run(`COPY (${query}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
    connection.closeSync();
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ");
    throw new PlatformError("bad-data", `--sql: expected a query that DuckDB can run, got: ${reason}`, { cause });
  } finally {
    database.closeSync();
  }
}

async function loadDuckDb(): Promise<DuckDb> {
  try {
    return (await import(PACKAGE)) as DuckDb;
  } catch (cause) {
    throw new PlatformError("unavailable", `--sql needs DuckDB: install it with "npm install ${PACKAGE}".`, { cause });
  }
}
