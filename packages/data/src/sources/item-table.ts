import { idTable, NONE, type IdTable } from "@sequitur/core";
import { BadRows } from "./bad-rows.js";
import { columnIndex } from "./columns.js";
import { wholeId, type IdForm } from "./ids.js";
import { attributeReaders } from "./item-attributes.js";
import { readCoordinates, readTimeZone, type ItemColumnsBuilder } from "./item-columns.js";
import type { ItemMapping, MappedOptions } from "./mapping.js";
import type { Row } from "./row.js";
import type { ImportRun } from "./source-folder.js";
import { readTable } from "./table.js";
import { TableJoin } from "./table-join.js";
import type { TableWish } from "./table-wish.js";
import { wantedColumns } from "./wanted-columns.js";

/** The items of the events, then those that only the table of items lists: what nobody has met yet is there as well. */
export async function withTableItems(
  known: IdTable,
  { items: table, ids, skipBad }: MappedOptions,
  run: ImportRun,
): Promise<IdTable> {
  if (table === undefined) return known;
  const { file, mapping } = table;
  const others = new Set<string>();
  const wish: TableWish = { columns: new Set([mapping.item]), badRows: new BadRows(skipBad) };
  await readTable(file, table, wish, run, (columns) => {
    const field = columnIndex(file, columns, mapping.item);
    return (row) => {
      const id = idText(row, field, ids);
      if (known.indexOf(id) === NONE) others.add(id);
    };
  });
  return others.size === 0 ? known : idTable([...known.ids, ...others]);
}

function idText(row: Row, field: number, form: IdForm): string {
  const text = row.idText(field);
  return form === "whole" ? wholeId(text) : text;
}

/** The items of the events, those that the table lists besides, and where the table's columns go. */
export interface ItemTarget {
  readonly known: IdTable;
  readonly items: IdTable;
  readonly columns: ItemColumnsBuilder;
}

/** Reads what a table says of items; its notes say how many of the events' items it describes. */
export async function readItemTable(
  table: NonNullable<MappedOptions["items"]>,
  { known, items, columns: itemColumns }: ItemTarget,
  { ids, badRows, notes }: { readonly ids: IdForm; readonly badRows: BadRows; readonly notes: Set<string> },
  run: ImportRun,
): Promise<void> {
  const { file, mapping } = table;
  const join = new TableJoin(file, known, "items", ids);
  const wish: TableWish = { columns: wantedColumns(mapping), badRows, note: (text) => notes.add(text) };
  await readTable(file, table, wish, run, (columns) => {
    const fieldOf = (name: string): number => columnIndex(file, columns, name);
    const id = fieldOf(mapping.item);
    const place = itemPlacer(table, fieldOf, itemColumns);
    return (row) => {
      const item = join.find(row, id);
      place(row, item === NONE ? items.indexOf(idText(row, id, ids)) : item);
    };
  });
  for (const note of join.notes()) notes.add(note);
}

function itemPlacer(
  { mapping, decimal }: NonNullable<MappedOptions["items"]>,
  fieldOf: (name: string) => number,
  itemColumns: ItemColumnsBuilder,
): (row: Row, item: number) => void {
  const readItem = itemReader(mapping, fieldOf);
  const place =
    mapping.latitude === undefined || mapping.longitude === undefined
      ? undefined
      : ([fieldOf(mapping.latitude), fieldOf(mapping.longitude)] as const);
  const hours = mapping.openingHours === undefined ? NONE : fieldOf(mapping.openingHours);
  const zone = mapping.timeZone === undefined ? NONE : fieldOf(mapping.timeZone);
  const setOthers = attributeReaders(mapping, fieldOf, itemColumns, decimal);
  return (row, item) => {
    if (hours !== NONE) itemColumns.setOpeningHours(item, row.text(hours));
    if (zone !== NONE) itemColumns.setTimeZone(item, readTimeZone(row, zone));
    readItem?.(row)(itemColumns, item);
    if (place !== undefined && !row.isEmpty(place[0])) {
      itemColumns.setCoordinates(item, readCoordinates(row, ...place));
    }
    for (const set of setOthers) set(row, item);
  };
}

/** Reads what a row says of its item, or undefined when no column is mapped to one. */
export function itemReader(
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
