import { expect, test } from "vitest";
import { writeSqlTable, type DuckDb } from "./sql-table.js";

function duckDb(run: (sql: string) => Promise<unknown>, closed: string[]): () => Promise<DuckDb> {
  const connection = { run, closeSync: () => void closed.push("connection") };
  const database = { connect: async () => connection, closeSync: () => void closed.push("database") };
  return async () => ({ DuckDBInstance: { create: async () => database } });
}

test("the query becomes a Parquet file, its end and the quotes of the path aside", async () => {
  const asked: string[] = [];
  const closed: string[] = [];
  const load = duckDb(async (sql) => void asked.push(sql), closed);
  await writeSqlTable("select * from 'a.csv';\n", "/tmp/it's/query.parquet", load);
  expect(asked).toEqual(["COPY (select * from 'a.csv') TO '/tmp/it''s/query.parquet' (FORMAT parquet)"]);
  expect(closed).toEqual(["connection", "database"]);
});

test("a query that fails is one line, and the database is closed", async () => {
  const closed: string[] = [];
  const load = duckDb(() => Promise.reject(new Error("Parser Error:\n  near selct")), closed);
  await expect(writeSqlTable("selct", "/tmp/q.parquet", load)).rejects.toThrow(
    "--sql: expected a query that DuckDB can run, got: Parser Error: near selct",
  );
  expect(closed).toEqual(["database"]);
});
