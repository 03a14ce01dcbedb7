import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { Random } from "@sequitur/core";

/** Sizes of MovieLens 20M, of which the larger logs are scale models. */
const USERS = 138_493;
const ITEMS = 26_744;
const FIRST_SECOND = 789_652_009;
const SPAN_SECONDS = 638_000_000;
const BATCH = 100_000;

export interface LogShape {
  readonly rows: number;
  /** How the fields of a row are written. */
  readonly line: (user: number, item: number, stars: number, seconds: number) => string;
  readonly header: string;
}

/** Calls back for each row of a log grouped by user, items skewed towards low numbers; the same rows each time. */
function drawRows(rows: number, onRow: (user: number, item: number, stars: number, seconds: number) => void): void {
  const random = new Random("bench/log");
  for (let row = 0; row < rows; row++) {
    const user = Math.floor((row / rows) * USERS) + 1;
    const item = Math.floor(random.uniform() ** 3 * ITEMS) + 1;
    onRow(user, item, (random.integer(10) + 1) / 2, FIRST_SECOND + random.integer(SPAN_SECONDS));
  }
}

export const CSV: Pick<LogShape, "header" | "line"> = {
  header: "userId,movieId,rating,timestamp\n",
  line: (user, item, stars, seconds) => `${user},${item},${stars},${seconds}\n`,
};

export const QUOTED_CSV: Pick<LogShape, "header" | "line"> = {
  header: CSV.header,
  line: (user, item, stars, seconds) => `"${user}","${item}",${stars},${seconds}\n`,
};

export const JSON_LINES: Pick<LogShape, "header" | "line"> = {
  header: "",
  line: (user, item, stars, seconds) =>
    `{"userId":"${user}","movieId":"${item}","rating":${stars},"timestamp":${seconds}}\n`,
};

export const RATINGS_DAT: Pick<LogShape, "header" | "line"> = {
  header: "",
  line: (user, item, stars, seconds) => `${user}::${item}::${Math.ceil(stars)}::${seconds}\n`,
};

export function writeLog(path: string, { rows, header, line }: LogShape): void {
  const file = openSync(path, "w");
  writeSync(file, header);
  let batch: string[] = [];
  drawRows(rows, (user, item, stars, seconds) => {
    batch.push(line(user, item, stars, seconds));
    if (batch.length === BATCH) {
      writeSync(file, batch.join(""));
      batch = [];
    }
  });
  writeSync(file, batch.join(""));
  closeSync(file);
}

/** The same log as Parquet: ids as integers, times in seconds, row groups of a million rows, Snappy. */
export async function writeParquet(path: string, rows: number): Promise<void> {
  const columns = {
    userId: new Int32Array(rows),
    movieId: new Int32Array(rows),
    rating: new Float64Array(rows),
    timestamp: new Int32Array(rows),
  };
  let at = 0;
  drawRows(rows, (user, item, stars, seconds) => {
    columns.userId[at] = user;
    columns.movieId[at] = item;
    columns.rating[at] = stars;
    columns.timestamp[at] = seconds;
    at += 1;
  });
  const writer = new ByteWriter();
  const schema = [
    { name: "root", num_children: 4 },
    { name: "userId", type: "INT32", repetition_type: "REQUIRED" },
    { name: "movieId", type: "INT32", repetition_type: "REQUIRED" },
    { name: "rating", type: "DOUBLE", repetition_type: "REQUIRED" },
    { name: "timestamp", type: "INT32", repetition_type: "REQUIRED" },
  ] as const;
  const parquet = new ParquetWriter({ writer, schema: [...schema] });
  await parquet.write({
    columnData: Object.entries(columns).map(([name, data]) => ({ name, data })),
    rowGroupSize: 1_000_000,
  });
  await parquet.finish();
  writeFileSync(path, writer.getBytes());
}
