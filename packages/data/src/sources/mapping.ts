import { z } from "zod";

const column = z.string().min(1);

/** Which columns of a table are what. Without a header, columns are named "1", "2", ... */
export const columnMapping = z.strictObject({
  user: column.describe("Column with the user id (any text; 007 and 7 differ)."),
  item: column.describe("Column with the item id."),
  time: column.describe("Column with the instant."),
  timeUnit: z
    .enum(["auto", "s", "ms", "iso"])
    .default("auto")
    .describe("Seconds or ms since the epoch, ISO 8601 (UTC without a zone), or decided at the first row."),
  weight: column.optional().describe("Column with stars or counts."),
  session: column.optional().describe("Column with a session or trajectory id, any text."),
  position: column.optional().describe("Column with the 0-based place within a slate."),
  latitude: column.optional().describe("Column with degrees north, where the interaction happened."),
  longitude: column.optional().describe("Column with degrees east."),
  utcOffsetMinutes: column.optional().describe("Column with minutes east of UTC on the user's clock."),
  title: column.optional().describe("Column with the item's title; the first row of an item counts."),
  category: column.optional().describe("Column with the item's categories."),
  text: z.array(column).default([]).describe("Columns with texts of the item."),
  categorySeparator: z.string().default("|").describe("What stands between categories."),
});

/** The columns of a separate table of items. */
export const itemMapping = columnMapping
  .pick({ item: true, title: true, category: true, text: true, categorySeparator: true })
  .extend({
    latitude: column.optional().describe("Column with degrees north of the item."),
    longitude: column.optional().describe("Column with degrees east."),
    openingHours: column.optional().describe("Column with opening hours in OSM syntax, local time."),
    timeZone: column.optional().describe("Column with the IANA time zone of the item."),
  });

/** How a table is written; what is left out is read off the file's name. */
export const tableFormat = z.strictObject({
  format: z
    .enum(["auto", "csv", "tsv", "jsonl", "parquet"])
    .default("auto")
    .describe("By the file's ending (.csv, .tsv, .txt as tsv, .jsonl, .ndjson, .json, .parquet; .gz may follow)."),
  separator: z.string().min(1).max(2).optional().describe("Between fields, when it is not comma (csv) or tab (tsv)."),
  header: z.boolean().default(true).describe("The first line of a csv or tsv names its columns."),
  encoding: z.enum(["utf-8", "iso-8859-1"]).default("utf-8").describe("How bytes stand for text in csv and tsv."),
  quotes: z.boolean().default(true).describe('Fields of csv and tsv may be quoted by ".'),
});

/** What `importDataset` and the importer `mapped` take. */
export const mappedOptions = z.strictObject({
  files: z.array(z.string().min(1)).min(1).describe("The tables of interactions, read in this order as one."),
  mapping: columnMapping,
  ...tableFormat.shape,
  items: z
    .strictObject({ file: z.string().min(1), mapping: itemMapping, ...tableFormat.shape })
    .optional()
    .describe("A table of items, one row each."),
});

export type ColumnMapping = z.output<typeof columnMapping>;
export type ItemMapping = z.output<typeof itemMapping>;
export type TableFormat = z.output<typeof tableFormat>;
export type MappedOptions = z.output<typeof mappedOptions>;
