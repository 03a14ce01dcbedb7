import { join } from "node:path";
import { NONE, parseConfig, PlatformError, type Interactions } from "@sequitur/core";
import { BadRows } from "./bad-rows.js";
import { ByteIdTable } from "./byte-id-table.js";
import { columnIndex } from "./columns.js";
import { exploding } from "./explode.js";
import { readOffset } from "./foursquare.js";
import { idNotes, idReader, type IdForm } from "./ids.js";
import type { Imported, Importer } from "./importer.js";
import { GrowingColumn, InteractionBuilder } from "./interaction-builder.js";
import { ItemColumnsBuilder, readCoordinates } from "./item-columns.js";
import { mappedOptions, type ColumnMapping, type MappedOptions } from "./mapping.js";
import { badField, type Row } from "./row.js";
import { itemReader, readItemTable, withTableItems } from "./item-table.js";
import { checkParts, partReader } from "./part-of-row.js";
import { checkMapping, signalsOf } from "./mapping-signals.js";
import { readUserTable } from "./user-table.js";
import { wantedColumns } from "./wanted-columns.js";
import { findFile, type ImportRun } from "./source-folder.js";
import { readTable } from "./table.js";
import { splitZipPath } from "./zip-path.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { InstantColumn } from "./times/instant-column.js";

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
      validation: given.validation.map(locate),
      test: given.test.map(locate),
      items: given.items && { ...given.items, file: locate(given.items.file) },
      users: given.users && { ...given.users, file: locate(given.users.file) },
    },
    run,
  );
};

/** As `importMapped`, with the files as paths. */
export async function readMapped(options: MappedOptions, run: ImportRun): Promise<Imported> {
  const { mapping, encoding } = options;
  checkMapping(mapping);
  checkParts(options);
  const reading = openReading(options);
  const wish: TableWish = {
    columns: new Set([...wantedColumns(mapping), ...options.explode]),
    badRows: reading.badRows,
    note: (text) => reading.notes.add(text),
  };
  for (const [part, paths] of [options.files, options.validation, options.test].entries()) {
    reading.part = part;
    for (const path of paths) {
      const consumer = exploding(path, options.explode, rowConsumer(path, reading));
      await readTable(path, options, { ...wish, earlier: part === 0 }, run, consumer);
    }
  }
  const { builder } = reading;
  if (builder.size === 0) {
    throw new PlatformError("bad-data", `${options.files.join(", ")}: expected rows below the header, got none.`);
  }
  const known = builder.itemIds(encoding);
  const items = await withTableItems(known, options, run);
  const columns = new ItemColumnsBuilder(items);
  for (const [item, place] of reading.itemFields) place(columns, item);
  if (options.items !== undefined) await readItemTable(options.items, { known, items, columns }, reading, run);
  const kinds = mapping.kind === undefined ? undefined : reading.kinds.ids(encoding);
  const interactions = builder.finish(encoding, columns.finish(), items, undefined, kinds);
  const { catalog } = interactions;
  const userAttributes = options.users && (await readUserTable(options.users, catalog.users, reading, run));
  return {
    interactions: { ...interactions, catalog: { ...catalog, ...(userAttributes && { userAttributes }) } },
    notes: notesOf(reading, interactions),
    signals: signalsOf(mapping, kinds),
    ...(mapping.eventId !== undefined && { eventIds: reading.events.ids(encoding) }),
  };
}

function notesOf({ badRows, time, notes, repeated }: Reading, { catalog }: Interactions): string[] {
  return [
    ...badRows.notes(),
    ...time.notes(),
    ...idNotes(catalog.users, "user"),
    ...idNotes(catalog.items, "item"),
    ...(repeated > 0 ? [`Rows that repeat an event id, left out: ${repeated}.`] : []),
    ...notes,
  ];
}

interface Reading {
  readonly mapping: ColumnMapping;
  readonly builder: InteractionBuilder;
  readonly sessions: ByteIdTable;
  readonly kinds: ByteIdTable;
  readonly events: ByteIdTable;
  /** Of the files that are being read, an index into `PARTS`. */
  part: number;
  /** Rows whose event id an earlier row has. */
  repeated: number;
  /** What the first row of an item said of it, placed once the number of items is known. */
  readonly itemFields: Map<number, (columns: ItemColumnsBuilder, item: number) => void>;
  readonly time: InstantColumn;
  readonly ids: IdForm;
  readonly badRows: BadRows;
  /** What was noticed on the way, each once. */
  readonly notes: Set<string>;
}

function openReading({ mapping, ids, skipBad, validation, test }: MappedOptions): Reading {
  const time = new InstantColumn(mapping);
  const builder = new InteractionBuilder();
  if (time.isOrder) builder.timesAre = "order";
  const { context } = builder;
  if ((mapping.weight ?? mapping.value) !== undefined) context.weight = new GrowingColumn(Float32Array);
  if (mapping.kind !== undefined) context.kind = new GrowingColumn(Int32Array);
  if (mapping.eventId !== undefined) context.event = new GrowingColumn(Int32Array);
  if (mapping.session !== undefined) context.session = new GrowingColumn(Int32Array);
  if (mapping.part !== undefined || validation.length + test.length > 0) context.part = new GrowingColumn(Int8Array);
  if (mapping.position !== undefined) context.position = new GrowingColumn(Int32Array);
  if (mapping.latitude !== undefined) context.latitude = new GrowingColumn(Float64Array);
  if (mapping.longitude !== undefined) context.longitude = new GrowingColumn(Float64Array);
  if (mapping.utcOffsetMinutes !== undefined) context.utcOffsetMinutes = new GrowingColumn(Int16Array);
  return {
    mapping,
    builder,
    sessions: new ByteIdTable(),
    kinds: new ByteIdTable(),
    events: new ByteIdTable(),
    part: 0,
    repeated: 0,
    itemFields: new Map(),
    time,
    ids,
    badRows: new BadRows(skipBad),
    notes: new Set(),
  };
}

function rowConsumer(path: string, reading: Reading): RowConsumer {
  return (columns) => {
    const { builder, mapping, time } = reading;
    const fieldOf = (name: string): number => columnIndex(path, columns, name);
    const [user, item] = [fieldOf(mapping.user), fieldOf(mapping.item)];
    const event = mapping.eventId === undefined ? NONE : fieldOf(mapping.eventId);
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
      if (event !== NONE) row.checkId(event);
      const instant = timeOf(row, builder.size);
      for (let c = 0; c < context.length; c++) values[c] = context[c]!.read(row);
      if (event !== NONE && isRepeated(row, event, reading)) return;
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

/** Whether an earlier row has the event id; notes it as seen otherwise. */
function isRepeated(row: Row, field: number, reading: Reading): boolean {
  const known = reading.events.size;
  const event = row.id(field, reading.events);
  if (event < known) reading.repeated += 1;
  else reading.builder.context.event!.push(event);
  return event < known;
}

interface ContextReader {
  readonly column: { push(value: number): void };
  readonly read: (row: Row) => number;
}

function contextReaders(reading: Reading, fieldOf: (name: string) => number): ContextReader[] {
  const { builder, mapping, sessions, kinds } = reading;
  const { weight, kind, position, session, latitude, longitude, utcOffsetMinutes } = builder.context;
  const readers: ContextReader[] = [];
  const weightColumn = mapping.weight ?? mapping.value;
  if (weight && weightColumn !== undefined) {
    const field = fieldOf(weightColumn);
    readers.push({ column: weight, read: (row) => readWeight(row, field, weightColumn) });
  }
  if (kind && mapping.kind !== undefined) {
    const field = fieldOf(mapping.kind);
    readers.push({ column: kind, read: (row) => (row.isEmpty(field) ? NONE : row.id(field, kinds)) });
  }
  const { part } = builder.context;
  if (part) readers.push({ column: part, read: partReader(mapping, fieldOf, () => reading.part) });
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

/** A weight that single precision can hold; NaN for an empty field. */
function readWeight(row: Row, field: number, column: string): number {
  if (row.isEmpty(field)) return Number.NaN;
  const weight = row.number(field);
  if (Number.isFinite(Math.fround(weight))) return weight;
  throw badField(row, column, "a number within 3.4e38", row.text(field));
}

function wholeNumber(row: Row, field: number, column: string): number {
  const value = row.number(field);
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw badField(row, column, "a whole number from 0", row.text(field));
}
