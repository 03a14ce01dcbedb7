import { PlatformError, type IdTable, type ItemColumns } from "@sequitur/core";
import { readDelimited, type DelimitedFormat } from "./delimited.js";
import type { Imported, Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { ItemColumnsBuilder } from "./item-columns.js";
import { badField, type Row } from "./row.js";
import { readSequenceLines, SYNTHETIC_ORDER_NOTE } from "./sequence-lines.js";
import { findFile, type ImportRun, type SourceFolder } from "./source-folder.js";
import { columnIndex } from "./columns.js";
import { readText } from "./text-blocks.js";
import type { RowConsumer } from "./table-wish.js";
import { timeReader } from "./times/time-reader.js";

const LATIN = { encoding: "iso-8859-1", header: false, quotes: false } as const;
const TAB_RATINGS: DelimitedFormat = { ...LATIN, separator: "\t", fields: 4 };
const DAT_RATINGS: DelimitedFormat = { ...LATIN, separator: "::", fields: 4 };
const DAT_MOVIES: DelimitedFormat = { ...LATIN, separator: "::", fields: 3 };
const CSV: DelimitedFormat = { separator: ",", encoding: "utf-8", header: true, quotes: true };
const NO_GENRES = "(no genres listed)";
const GENRE_START = 5;

/**
 * The MovieLens releases: 100K (`u.data`, `u.item`, `u.genre`), 1M and 10M (`ratings.dat`, `movies.dat`), the later
 * ones (`ratings.csv`, `movies.csv`), and, when no ratings are there, sequences (`*.sequences.txt`: `user movie ...`).
 */
export const importMovieLens: Importer = async ({ folder }, run) => {
  const builder = new InteractionBuilder();
  const notes: string[] = [];
  const ratings = findFile(folder, ["u.data", "ratings.dat", "ratings.csv"]);
  const sequences = ratings === undefined ? findFile(folder, ["*.sequences.txt"]) : undefined;
  if (ratings !== undefined) await readRatings(ratings, builder, run);
  else if (sequences !== undefined) {
    await readSequenceLines(sequences, run, builder);
    notes.push(SYNTHETIC_ORDER_NOTE);
  } else {
    throw new PlatformError(
      "not-found",
      `${folder.path}: expected u.data, ratings.dat, ratings.csv or *.sequences.txt, got ${folder.files.join(", ") || "no files"}.`,
    );
  }
  const items = builder.itemIds("utf-8");
  const columns = await readMovies(folder, items, run, notes);
  return { interactions: builder.finish("utf-8", columns, items), notes } satisfies Imported;
};

async function readRatings(path: string, builder: InteractionBuilder, run: ImportRun): Promise<void> {
  const weights = (builder.context.weight = new GrowingColumn(Float32Array));
  const isCsv = /\.csv(\.gz)?$/.test(path);
  const format = isCsv ? CSV : /\.dat(\.gz)?$/.test(path) ? DAT_RATINGS : TAB_RATINGS;
  const timeOf = timeReader("s", "timestamp");
  const consumer: RowConsumer = (columns) => {
    const names = ["userId", "movieId", "rating", "timestamp"];
    const fields = isCsv ? names.map((name) => columnIndex(path, columns, name)) : [0, 1, 2, 3];
    const [user, item, rating, time] = fields as [number, number, number, number];
    return (row) => {
      builder.add(row.id(user, builder.users), row.id(item, builder.items), timeOf(row, time));
      weights.push(row.number(rating));
    };
  };
  await readDelimited(path, format, run, consumer);
}

async function readMovies(folder: SourceFolder, items: IdTable, run: ImportRun, notes: string[]): Promise<ItemColumns> {
  const path = findFile(folder, ["u.item", "movies.dat", "movies.csv"]);
  if (path === undefined) {
    notes.push("No u.item, movies.dat or movies.csv beside the ratings: items have no titles.");
    return {};
  }
  const columns = new ItemColumnsBuilder(items);
  const place = (id: string, title: string, genres: readonly string[]): void => {
    const item = items.indexOf(id);
    if (item < 0) return;
    columns.setTitle(item, title);
    columns.setCategories(item, genres);
  };
  if (/u\.item(\.gz)?$/.test(path)) await readItemFlags(path, await readGenres(folder, run, notes), place, run);
  else {
    const format = /\.csv(\.gz)?$/.test(path) ? CSV : DAT_MOVIES;
    await readDelimited(path, format, run, () => (row) => {
      const genres = row.text(2);
      place(row.text(0), row.text(1), genres === NO_GENRES || genres === "" ? [] : genres.split("|"));
    });
  }
  return columns.finish();
}

async function readGenres(folder: SourceFolder, run: ImportRun, notes: string[]): Promise<readonly string[]> {
  const path = findFile(folder, ["u.genre"]);
  if (path === undefined) {
    notes.push("No u.genre beside u.item: items have no categories.");
    return [];
  }
  const lines = (await readText(path, "iso-8859-1", run)).split(/\r?\n/).filter((line) => line !== "");
  return lines.map((line) => line.split("|")[0] ?? "");
}

/** `u.item`: id, title, date, video date, address, then one 0/1 flag a genre, in the order of `u.genre`. */
async function readItemFlags(
  path: string,
  genres: readonly string[],
  place: (id: string, title: string, genres: readonly string[]) => void,
  run: ImportRun,
): Promise<void> {
  const fields = genres.length === 0 ? {} : { fields: GENRE_START + genres.length };
  await readDelimited(path, { ...LATIN, separator: "|", ...fields }, run, () => (row) => {
    place(
      row.text(0),
      row.text(1),
      genres.filter((genre, index) => isFlagSet(row, GENRE_START + index, genre)),
    );
  });
}

function isFlagSet(row: Row, field: number, genre: string): boolean {
  const flag = row.text(field);
  if (flag !== "0" && flag !== "1") throw badField(row, `genre ${genre}`, "0 or 1", flag);
  return flag === "1";
}
