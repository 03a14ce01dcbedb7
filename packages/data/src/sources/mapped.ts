import { join } from "node:path";
import { NONE, parseConfig, PlatformError, type IdTable, type Interactions } from "@sequitur/core";
import { BadRows } from "./bad-rows.js";
import { ByteIdTable } from "./byte-id-table.js";
import { columnIndex } from "./columns.js";
import { exploding } from "./explode.js";
import { readOffset } from "./foursquare.js";
import { idNotes, idReader, type IdForm } from "./ids.js";
import type { Imported, Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { ItemColumnsBuilder, readCoordinates, readTimeZone } from "./item-columns.js";
import { mappedOptions, type ColumnMapping, type ItemMapping, type MappedOptions } from "./mapping.js";
import { badField, type Row } from "./row.js";
import { findFile, type ImportRun } from "./source-folder.js";
import { readTable } from "./table.js";
import { splitZipPath } from "./zip-path.js";
import { TableJoin } from "./table-join.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { InstantColumn, wantedTimeColumns } from "./times/instant-column.js";

/** Tables of any shape and format, by a mapping of columns; files are found in the folder. */
export const importMapped: Importer = async ({ folder, options }, run) => {
  const given = parseConfig(mappedOptions, options, "options of importer mapped");
  const locate = (file: string): string => {
    const { archive, member } = splitZipPath(file);
    const path = findFile(folder, [archive]) ?? join(folder.path, archive);
    return member === undefined ? path : `${path}!${member}`;
  };
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
  const reading = openReading(options);
  const wish: TableWish = {
    columns: new Set([...wantedColumns(mapping), ...options.explode]),
    badRows: reading.badRows,
    note: (text) => reading.notes.add(text),
  };
  for (const path of options.files) {
    const consumer = exploding(path, options.explode, rowConsumer(path, reading));
    await readTable(path, options, wish, run, consumer);
  }
  const { builder } = reading;
  if (builder.size === 0) {
    throw new PlatformError("bad-data", `${options.files.join(", ")}: expected rows below the header, got none.`);
  }
  const items = builder.itemIds(options.encoding);
  const columns = new ItemColumnsBuilder(items);
  for (const [item, place] of reading.itemFields) place(columns, item);
  if (options.items !== undefined) await readItemTable(options.items, items, columns, reading, run);
  const interactions = builder.finish(options.encoding, columns.finish(), items);
  return { interactions, notes: notesOf(reading, interactions) };
}

function notesOf({ badRows, time, notes }: Reading, { catalog }: Interactions): string[] {
  return [
    ...badRows.notes(),
    ...time.notes(),
    ...idNotes(catalog.users, "user"),
    ...idNotes(catalog.items, "item"),
    ...notes,
  ];
}

interface Reading {
  readonly mapping: ColumnMapping;
  readonly builder: InteractionBuilder;
  readonly sessions: ByteIdTable;
  /** What the first row of an item said of it, placed once the number of items is known. */
  readonly itemFields: Map<number, (columns: ItemColumnsBuilder, item: number) => void>;
  readonly time: InstantColumn;
  readonly ids: IdForm;
  readonly badRows: BadRows;
  /** What was noticed on the way, each once. */
  readonly notes: Set<string>;
}

function openReading({ mapping, ids, skipBad }: MappedOptions): Reading {
  const time = new InstantColumn(mapping);
  const builder = new InteractionBuilder();
  if (time.isOrder) builder.timesAre = "order";
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
    time,
    ids,
    badRows: new BadRows(skipBad),
    notes: new Set(),
  };
}

function wantedColumns(mapping: ColumnMapping | ItemMapping): Set<string> {
  const {
    time: _time,
    order: _order,
    timeUnit: _unit,
    timeFormat: _format,
    timeZone: _zone,
    categorySeparator: _separator,
    text,
    ...names
  } = mapping as ColumnMapping;
  const times = wantedTimeColumns(mapping as ColumnMapping);
  return new Set([...Object.values(names), ...times, ...text].filter((name) => name !== undefined));
}

function rowConsumer(path: string, reading: Reading): RowConsumer {
  return (columns) => {
    const { builder, mapping, time } = reading;
    const fieldOf = (name: string): number => columnIndex(path, columns, name);
    const [user, item] = [fieldOf(mapping.user), fieldOf(mapping.item)];
    const timeOf = time.reader(fieldOf, columns);
    const context = contextReaders(reading, fieldOf);
    const values = new Float64Array(context.length);
    const readItem = itemReader(mapping, fieldOf);
    const idOf = idReader(reading.ids);
    let isFirst = true;
    // Everything that can fail is read before anything is kept: a row that is left out leaves nothing behind.
    return (row) => {
      row.checkId(user);
      row.checkId(item);
      const instant = timeOf(row, builder.size);
      for (let c = 0; c < context.length; c++) values[c] = context[c]!.read(row);
      const known = builder.items.size;
      const itemIndex = idOf(row, item, builder.items);
      builder.add(idOf(row, user, builder.users), itemIndex, instant);
      for (let c = 0; c < context.length; c++) context[c]!.column.push(values[c]!);
      if (itemIndex === known && readItem !== undefined) reading.itemFields.set(itemIndex, readItem(row));
      if (isFirst) noteTypes(row, [mapping.user, mapping.item], [user, item], reading.notes);
      isFirst = false;
    };
  };
}

/** Ids that come as floating-point numbers look different in a text file of the same table. */
function noteTypes(row: Row, names: readonly string[], fields: readonly number[], notes: Set<string>): void {
  fields.forEach((field, at) => {
    const type = row.type(field);
    if (type !== "double" && type !== "float") return;
    notes.add(`Column ${names[at]} holds floating-point numbers (${type}): 17.0 is read as the id 17.`);
  });
}

interface ContextReader {
  readonly column: { push(value: number): void };
  readonly read: (row: Row) => number;
}

function contextReaders({ builder, mapping, sessions }: Reading, fieldOf: (name: string) => number): ContextReader[] {
  const { weight, position, session, latitude, longitude, utcOffsetMinutes } = builder.context;
  const readers: ContextReader[] = [];
  if (weight && mapping.weight !== undefined) {
    const field = fieldOf(mapping.weight);
    readers.push({ column: weight, read: (row) => row.number(field) });
  }
  if (position && mapping.position !== undefined) {
    const field = fieldOf(mapping.position);
    readers.push({ column: position, read: (row) => wholeNumber(row, field, "position") });
  }
  if (session && mapping.session !== undefined) {
    const field = fieldOf(mapping.session);
    readers.push({ column: session, read: (row) => row.id(field, sessions) });
  }
  if (latitude && longitude && mapping.latitude !== undefined && mapping.longitude !== undefined) {
    const [latitudeField, longitudeField] = [fieldOf(mapping.latitude), fieldOf(mapping.longitude)];
    const place = (row: Row): readonly [number, number] => {
      const isUnknown = row.isEmpty(latitudeField) && row.isEmpty(longitudeField);
      return isUnknown ? [Number.NaN, Number.NaN] : readCoordinates(row, latitudeField, longitudeField);
    };
    readers.push(
      { column: latitude, read: (row) => place(row)[0] },
      { column: longitude, read: (row) => place(row)[1] },
    );
  }
  if (utcOffsetMinutes && mapping.utcOffsetMinutes !== undefined) {
    const field = fieldOf(mapping.utcOffsetMinutes);
    readers.push({ column: utcOffsetMinutes, read: (row) => readOffset(row, field) });
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
    const categories = category < 0 ? undefined : categoriesOf(row, category, mapping.categorySeparator);
    const values = texts.map(({ name, field }) => ({ name, value: row.text(field) }));
    return (columns, item) => {
      if (titleText !== undefined) columns.setTitle(item, titleText);
      if (categories !== undefined) columns.setCategories(item, categories);
      for (const { name, value } of values) columns.setText(name, item, value);
    };
  };
}

function categoriesOf(row: Row, field: number, separator: string): readonly string[] {
  return row.list(field) ?? row.text(field).split(separator).filter(Boolean);
}

async function readItemTable(
  table: NonNullable<MappedOptions["items"]>,
  items: IdTable,
  itemColumns: ItemColumnsBuilder,
  { ids, badRows, notes }: Reading,
  run: ImportRun,
): Promise<void> {
  const { file, mapping } = table;
  const join = new TableJoin(file, items, "items", ids);
  const wish: TableWish = { columns: wantedColumns(mapping), badRows, note: (text) => notes.add(text) };
  await readTable(file, table, wish, run, (columns) => {
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
      const item = join.find(row, id);
      if (item === NONE) return;
      if (hours >= 0) itemColumns.setOpeningHours(item, row.text(hours));
      if (zone >= 0) itemColumns.setTimeZone(item, readTimeZone(row, zone));
      readItem?.(row)(itemColumns, item);
      if (place !== undefined && !row.isEmpty(place[0]))
        itemColumns.setCoordinates(item, readCoordinates(row, ...place));
    };
  });
  for (const note of join.notes()) notes.add(note);
}
