import { z } from "zod";
import { parseConfig, type IdTable, type ItemColumns } from "@sequitur/core";
import { ByteIdTable } from "./byte-id-table.js";
import { readDelimited, type DelimitedFormat } from "./delimited.js";
import type { Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { CommonestValues, ItemColumnsBuilder, readCoordinates } from "./item-columns.js";
import { badField, type Row } from "./row.js";
import { findFile, requireFile, type ImportRun } from "./source-folder.js";
import { columnIndex } from "./columns.js";
import { timeReader } from "./times/time-reader.js";

const FORMAT: DelimitedFormat = { separator: "\t", encoding: "iso-8859-1", header: false, fields: 8, quotes: false };
const VENUES: DelimitedFormat = { separator: ",", encoding: "utf-8", header: true, quotes: true };
const MAX_OFFSET_MINUTES = 18 * 60;

const foursquareOptions = z.strictObject({
  city: z.enum(["NYC", "TKY"]).optional().describe("Which file of the release; any when absent."),
});

/**
 * Foursquare check-ins of Yang et al. 2015 (TSMC2014): user, venue, category id, category name, latitude, longitude,
 * UTC offset in minutes, UTC time. A venue's coordinates and category are the most common ones of its rows. The rows'
 * coordinates are the venue's, not the user's, so they go to the items alone: as context they would give the answer
 * away. A `venues.csv` (venue_id, name, category, ...) beside it adds titles and texts.
 */
export const importFoursquare: Importer = async ({ folder, options }, run) => {
  const { city } = parseConfig(foursquareOptions, options, "options of importer foursquare");
  const path = requireFile(folder, [`dataset_TSMC2014_${city ?? "*"}.txt`, `dataset_TSMC2014_${city ?? ""}*.txt`]);
  const builder = new InteractionBuilder();
  const offsets = (builder.context.utcOffsetMinutes = new GrowingColumn(Int16Array));
  const coordinates = new CommonestValues();
  const categories = new CommonestValues();
  const categoryIds = new ByteIdTable();
  const categoryNames = new ByteIdTable();
  const timeOf = timeReader("iso", "UTC time");
  await readDelimited(path, FORMAT, run, () => (row) => {
    const item = row.id(1, builder.items);
    builder.add(row.id(0, builder.users), item, timeOf(row, 7));
    offsets.push(readOffset(row, 6));
    const [latitude, longitude] = readCoordinates(row, 4, 5);
    coordinates.add(item, `${latitude} ${longitude}`);
    categoryIds.addText(row.text(2));
    const name = row.text(3);
    categoryNames.addText(name);
    categories.add(item, name);
  });
  const items = builder.itemIds("iso-8859-1");
  const columns = new ItemColumnsBuilder(items);
  coordinates.placeCoordinates(columns);
  for (let item = 0; item < items.size; item++) columns.setCategories(item, [categories.of(item)]);
  const venues = findFile(folder, ["venues.csv"]);
  if (venues !== undefined) await readVenues(venues, items, columns, run);
  const itemColumns: ItemColumns = columns.finish();
  const notes = [
    `${categoryIds.size} category ids under ${categoryNames.size} names; ${coordinates.disputed()} venues have several coordinates and ${categories.disputed()} several category names: the most common is taken.`,
  ];
  if (venues === undefined) notes.push("No venues.csv beside the check-ins: venues have no titles.");
  return { interactions: builder.finish("iso-8859-1", itemColumns, items), notes };
};

/** Minutes east of UTC, checked to be whole and within 18 hours. */
export function readOffset(row: Row, field: number): number {
  const offset = row.number(field);
  if (Number.isInteger(offset) && Math.abs(offset) <= MAX_OFFSET_MINUTES) return offset;
  throw badField(
    row,
    "UTC offset",
    `whole minutes in [-${MAX_OFFSET_MINUTES}, ${MAX_OFFSET_MINUTES}]`,
    row.text(field),
  );
}

const VENUE_TEXTS = { category: "categoryPath", locality: "locality", description: "description" } as const;

async function readVenues(path: string, items: IdTable, columns: ItemColumnsBuilder, run: ImportRun): Promise<void> {
  await readDelimited(path, VENUES, run, (names) => {
    const idField = columnIndex(path, names, "venue_id");
    const titleField = columnIndex(path, names, "name");
    const texts = Object.entries(VENUE_TEXTS).filter(([name]) => names.includes(name));
    return (row) => {
      const item = items.indexOf(row.text(idField));
      if (item < 0) return;
      columns.setTitle(item, row.text(titleField));
      for (const [name, text] of texts) columns.setText(text, item, row.text(names.indexOf(name)));
    };
  });
}
