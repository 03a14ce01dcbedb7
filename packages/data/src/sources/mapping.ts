import { parseSignals, signalsSchema } from "@sequitur/core";
import { z } from "zod";
import { isTimeZone } from "../local-time/time-zone.js";
import { TIME_UNITS } from "./times/time-reader.js";

const column = z.string({ error: "expected the name of a column" }).min(1, "expected the name of a column");

/** What events say of liking: a table, or one in a line. */
export const signalsField = z
  .preprocess((given) => (typeof given === "string" ? parseSignals(given) : given), signalsSchema)
  .describe("kind of event -> role and value; the default table when absent");

/** Which columns of a table are what. Without a header, columns are named "1", "2", ... */
export const columnMapping = z.strictObject({
  user: column.describe("Column with the user id (any text; 007 and 7 differ)."),
  item: column.describe("Column with the item id."),
  time: column.optional().describe("Column with the instant; several are joined, as in date+clock or day+month+year."),
  timeUnit: z
    .enum(TIME_UNITS)
    .default("auto")
    .describe(
      "s, ms, us or ns since the epoch, iso (ISO 8601), calendar (20231220, 20231220161719), excel (days since 1900), or decided at the first row.",
    ),
  timeFormat: z
    .string()
    .min(1)
    .optional()
    .describe('How a written date looks: "M/d/yyyy H:mm" (letters of Luxon) or "%m/%d/%Y %H:%M".'),
  timeZone: z
    .string()
    .refine(isTimeZone, "expected an IANA name such as Europe/Rome")
    .default("UTC")
    .describe("Zone of dates that name none."),
  order: column
    .optional()
    .describe(
      "In place of time: a column whose numbers give the order of a user's rows, or rows for the file's order.",
    ),
  weight: column.optional().describe("Column with stars or counts, for the rules of the signals; may be empty."),
  value: column
    .optional()
    .describe("In place of weight: column with what an event is worth as it is, below 0 unwanted."),
  kind: column.optional().describe("Column with the kind of event, such as view, cart, purchase, dislike."),
  eventId: column.optional().describe("Column with an id of the event; rows that repeat one are left out."),
  signals: signalsField.optional(),
  session: column.optional().describe("Column with a session or trajectory id, any text."),
  part: column.optional().describe("Column with the part of the data's own split: train, validation or test."),
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
    price: column.optional().describe("Column with the price, a number; kept as attribute price."),
    stock: column.optional().describe("Column with how many there are, a number; kept as attribute stock."),
    availability: column.optional().describe("Column with true or false (or yes, no, 1, 0): false is never shown."),
    availableFrom: column.optional().describe("Column with the instant from which it may be shown."),
    availableUntil: column.optional().describe("Column with the instant from which it may no longer be shown."),
    attributes: z.array(column).default([]).describe("Further columns to keep, each with its type."),
  });

/** The columns of a table of users. */
export const userMapping = z.strictObject({
  user: column.describe("Column with the user id."),
  attributes: z.array(column).min(1).describe("Columns to keep, each with its type."),
});

/** How a table is written; what is left out is read off the file's name and first lines. */
export const tableFormat = z.strictObject({
  format: z
    .enum(["auto", "csv", "tsv", "dat", "jsonl", "parquet", "arrow", "lines", "behaviors"])
    .default("auto")
    .describe(
      "lines: a user and its items on each line; behaviors: impressions as in MIND; auto: by the file's ending and first bytes; packed by gzip, bzip2, xz, zstd or zip is recognised.",
    ),
  separator: z
    .string()
    .min(1)
    .max(2)
    .transform((text) => (text === "\\t" ? "\t" : text))
    .optional()
    .describe("Between fields; absent: guessed from the first lines."),
  header: z.boolean().default(true).describe("The first line of a csv, tsv or dat names its columns."),
  encoding: z
    .enum(["utf-8", "iso-8859-1"])
    .default("utf-8")
    .describe("How bytes stand for text; UTF-16 is recognised."),
  quotes: z
    .boolean()
    .optional()
    .describe('Fields may be quoted by "; absent: yes in csv, in others when the header is quoted.'),
  escape: z.string().length(1).optional().describe('What makes a " in a quoted field ordinary; absent: another ".'),
  decimal: z.enum(["point", "comma"]).default("point").describe("What stands before the fraction of a number."),
});

/** What `importDataset` and the importer `mapped` take. */
export const mappedOptions = z.strictObject({
  files: z.array(z.string().min(1)).min(1).describe("The tables of interactions, read in this order as one."),
  validation: z
    .array(z.string().min(1))
    .default([])
    .describe("Tables of the same columns with the validation part of the data's own split."),
  test: z.array(z.string().min(1)).default([]).describe("The same with the test part; files are then the training."),
  mapping: columnMapping,
  ...tableFormat.shape,
  explode: z
    .array(column)
    .default([])
    .describe("Columns with lists, of equal length in a row: one row is made of each entry."),
  ids: z
    .enum(["text", "whole"])
    .default("text")
    .describe("text: as written; whole: 17.0, 00017 and 17 are the same id, in the tables of items too."),
  skipBad: z
    .int()
    .min(0)
    .default(0)
    .describe("Rows that may be left out because they cannot be read; they are listed."),
  items: z
    .strictObject({ file: z.string().min(1), mapping: itemMapping, ...tableFormat.shape })
    .optional()
    .describe("A table of items, one row each; items without events are kept."),
  users: z
    .strictObject({ file: z.string().min(1), mapping: userMapping, ...tableFormat.shape })
    .optional()
    .describe("A table of users, one row each."),
});

export type ColumnMapping = z.output<typeof columnMapping>;
export type ItemMapping = z.output<typeof itemMapping>;
export type UserMapping = z.output<typeof userMapping>;
export type TableFormat = z.output<typeof tableFormat>;
export type MappedOptions = z.output<typeof mappedOptions>;
