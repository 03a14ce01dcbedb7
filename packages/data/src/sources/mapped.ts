import { join } from "node:path";
import { parseConfig, PlatformError, type IdTable } from "@sequitur/core";
import { ByteIdTable } from "./byte-id-table.js";
import type { RowConsumer } from "./delimited.js";
import { readOffset } from "./foursquare.js";
import type { Imported, Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { ItemColumnsBuilder, readCoordinates, readTimeZone } from "./item-columns.js";
import { mappedOptions, type ColumnMapping, type ItemMapping, type MappedOptions } from "./mapping.js";
import { badField, type Row } from "./row.js";
import { findFile, type ImportRun } from "./source-folder.js";
import { columnIndex, readTable } from "./table.js";
import { detectUnit, timeReader, type TimeReader } from "./times.js";

/** CSV, TSV, JSON Lines and Parquet of any shape, by a mapping of columns; files are found in the folder. */
export const importMapped: Importer = async ({ folder, options }, run) => {
  const given = parseConfig(mappedOptions, options, "options of importer mapped");
  const locate = (file: string): string => findFile(folder, [file]) ?? join(folder.path, file);
  return readMapped(
    {
      ...given,
      files: given.files.map(locate),
      items: given.items && { ...given.items, file: locate(given.items.file) },
    },
    run,
  );
};

/** As `importMapped`, with the files as paths. */
export async function readMapped(options: MappedOptions, run: ImportRun): Promise<Imported> {
  const { mapping } = options;
  if ((mapping.latitude === undefined) !== (mapping.longitude === undefined)) {
    throw new PlatformError("bad-config", "mapping: expected latitude and longitude together, got one of them.");
  }
  const reading = openReading(mapping);
  const wanted = wantedColumns(mapping);
  for (const path of options.files) await readTable(path, options, wanted, run, rowConsumer(path, reading));
  const { builder } = reading;
  if (builder.size === 0) {
    throw new PlatformError("bad-data", `${options.files.join(", ")}: expected rows below the header, got none.`);
  }
  const items = builder.itemIds(options.encoding);
  const columns = new ItemColumnsBuilder(items);
  for (const [item, place] of reading.itemFields) place(columns, item);
  const notes = reading.unitNote === "" ? [] : [reading.unitNote];
  if (options.items !== undefined) await readItemTable(options.items, items, columns, run);
  return { interactions: builder.finish(options.encoding, columns.finish(), items), notes };
}

interface Reading {
  readonly mapping: ColumnMapping;
  readonly builder: InteractionBuilder;
  readonly sessions: ByteIdTable;
  /** What the first row of an item said of it, placed once the number of items is known. */
  readonly itemFields: Map<number, (columns: ItemColumnsBuilder, item: number) => void>;
  readonly timeOf: TimeReader;
  unitNote: string;
}

function openReading(mapping: ColumnMapping): Reading {
  const builder = new InteractionBuilder();
  const { context } = builder;
  if (mapping.weight !== undefined) context.weight = new GrowingColumn(Float32Array);
  if (mapping.session !== undefined) context.session = new GrowingColumn(Int32Array);
  if (mapping.position !== undefined) context.position = new GrowingColumn(Int32Array);
  if (mapping.latitude !== undefined) context.latitude = new GrowingColumn(Float64Array);
  if (mapping.longitude !== undefined) context.longitude = new GrowingColumn(Float64Array);
  if (mapping.utcOffsetMinutes !== undefined) context.utcOffsetMinutes = new GrowingColumn(Int16Array);
  return {
    mapping,
    builder,
    sessions: new ByteIdTable(),
    itemFields: new Map(),
    timeOf: timeReader(mapping.timeUnit, `column ${mapping.time}`),
    unitNote: "",
  };
}

function wantedColumns(mapping: ColumnMapping | ItemMapping): Set<string> {
  const { timeUnit: _unit, categorySeparator: _separator, text, ...names } = mapping as ColumnMapping;
  return new Set([...Object.values(names), ...text].filter((name) => name !== undefined));
}

function rowConsumer(path: string, reading: Reading): RowConsumer {
  return (columns) => {
    const { builder, mapping, timeOf } = reading;
    const fieldOf = (name: string): number => columnIndex(path, columns, name);
    const [user, item, time] = [fieldOf(mapping.user), fieldOf(mapping.item), fieldOf(mapping.time)];
    const pushContext = contextReaders(reading, fieldOf);
    const readItem = itemReader(mapping, fieldOf);
    return (row) => {
      const known = builder.items.size;
      if (builder.size === 0) reading.unitNote = unitNote(row, time, mapping);
      const itemIndex = row.id(item, builder.items);
      builder.add(row.id(user, builder.users), itemIndex, timeOf(row, time));
      for (const push of pushContext) push(row);
      if (itemIndex === known && readItem !== undefined) reading.itemFields.set(itemIndex, readItem(row));
    };
  };
}

function unitNote(row: Row, field: number, mapping: ColumnMapping): string {
  if (mapping.timeUnit !== "auto") return "";
  const unit = detectUnit(row.text(field));
  return unit === "iso" ? "" : `Times were taken to be in ${unit}, as the first row suggests.`;
}

type ContextReader = (row: Row) => void;

function contextReaders({ builder, mapping, sessions }: Reading, fieldOf: (name: string) => number): ContextReader[] {
  const { weight, position, session, latitude, longitude, utcOffsetMinutes } = builder.context;
  const readers: ContextReader[] = [];
  if (weight && mapping.weight !== undefined) {
    const field = fieldOf(mapping.weight);
    readers.push((row) => weight.push(row.number(field)));
  }
  if (position && mapping.position !== undefined) {
    const field = fieldOf(mapping.position);
    readers.push((row) => position.push(wholeNumber(row, field, "position")));
  }
  if (session && mapping.session !== undefined) {
    const field = fieldOf(mapping.session);
    readers.push((row) => session.push(row.id(field, sessions)));
  }
  if (latitude && longitude && mapping.latitude !== undefined && mapping.longitude !== undefined) {
    const [latitudeField, longitudeField] = [fieldOf(mapping.latitude), fieldOf(mapping.longitude)];
    readers.push((row) => {
      const unknown = row.isEmpty(latitudeField) && row.isEmpty(longitudeField);
      const [lat, lon] = unknown ? [Number.NaN, Number.NaN] : readCoordinates(row, latitudeField, longitudeField);
      latitude.push(lat);
      longitude.push(lon);
    });
  }
  if (utcOffsetMinutes && mapping.utcOffsetMinutes !== undefined) {
    const field = fieldOf(mapping.utcOffsetMinutes);
    readers.push((row) => utcOffsetMinutes.push(readOffset(row, field)));
  }
  return readers;
}

function wholeNumber(row: Row, field: number, column: string): number {
  const value = row.number(field);
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw badField(row, column, "a whole number from 0", row.text(field));
}

/** Reads what a row says of its item, or undefined when no column is mapped to one. */
function itemReader(
  mapping: Pick<ItemMapping, "title" | "category" | "text" | "categorySeparator">,
  fieldOf: (name: string) => number,
): ((row: Row) => (columns: ItemColumnsBuilder, item: number) => void) | undefined {
  const title = mapping.title === undefined ? -1 : fieldOf(mapping.title);
  const category = mapping.category === undefined ? -1 : fieldOf(mapping.category);
  const texts = mapping.text.map((name) => ({ name, field: fieldOf(name) }));
  if (title < 0 && category < 0 && texts.length === 0) return undefined;
  return (row) => {
    const titleText = title < 0 ? undefined : row.text(title);
    const categories = category < 0 ? undefined : row.text(category).split(mapping.categorySeparator).filter(Boolean);
    const values = texts.map(({ name, field }) => ({ name, value: row.text(field) }));
    return (columns, item) => {
      if (titleText !== undefined) columns.setTitle(item, titleText);
      if (categories !== undefined) columns.setCategories(item, categories);
      for (const { name, value } of values) columns.setText(name, item, value);
    };
  };
}

async function readItemTable(
  table: NonNullable<MappedOptions["items"]>,
  items: IdTable,
  itemColumns: ItemColumnsBuilder,
  run: ImportRun,
): Promise<void> {
  const { file, mapping } = table;
  await readTable(file, table, wantedColumns(mapping), run, (columns) => {
    const fieldOf = (name: string): number => columnIndex(file, columns, name);
    const id = fieldOf(mapping.item);
    const readItem = itemReader(mapping, fieldOf);
    const place =
      mapping.latitude === undefined || mapping.longitude === undefined
        ? undefined
        : ([fieldOf(mapping.latitude), fieldOf(mapping.longitude)] as const);
    const hours = mapping.openingHours === undefined ? -1 : fieldOf(mapping.openingHours);
    const zone = mapping.timeZone === undefined ? -1 : fieldOf(mapping.timeZone);
    return (row) => {
      const item = items.indexOf(row.text(id));
      if (item < 0) return;
      if (hours >= 0) itemColumns.setOpeningHours(item, row.text(hours));
      if (zone >= 0) itemColumns.setTimeZone(item, readTimeZone(row, zone));
      readItem?.(row)(itemColumns, item);
      if (place !== undefined && !row.isEmpty(place[0]))
        itemColumns.setCoordinates(item, readCoordinates(row, ...place));
    };
  });
}
