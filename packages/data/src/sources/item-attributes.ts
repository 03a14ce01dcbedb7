import type { ItemColumnsBuilder } from "./item-columns.js";
import type { ItemMapping, TableFormat } from "./mapping.js";
import { badField, type Row } from "./row.js";
import { timeReader } from "./times/time-reader.js";

type ItemReader = (row: Row, item: number) => void;

const AVAILABLE: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...["true", "yes", "y", "1", "in_stock", "in stock"].map((word) => [word, true]),
  ...["false", "no", "n", "0", "out_of_stock", "out of stock"].map((word) => [word, false]),
]);

/** Readers of price, stock, availability and further columns of a table of items; empty fields set nothing. */
export function attributeReaders(
  mapping: ItemMapping,
  fieldOf: (name: string) => number,
  columns: ItemColumnsBuilder,
  decimal: TableFormat["decimal"],
): ItemReader[] {
  const { price, stock, availability, availableFrom, availableUntil, attributes } = mapping;
  const readers: ItemReader[] = [];
  const add = (column: string | undefined, read: (row: Row, item: number, field: number) => void): void => {
    if (column === undefined) return;
    const field = fieldOf(column);
    readers.push((row, item) => {
      if (!row.isEmpty(field)) read(row, item, field);
    });
  };
  const numberInto = (name: string) => (row: Row, item: number, field: number) =>
    columns.setAttribute(name, item, String(row.number(field)));
  add(price, numberInto("price"));
  add(stock, numberInto("stock"));
  for (const name of attributes) {
    add(name, (row, item, field) => columns.setAttribute(name, item, row.text(field), decimal));
  }
  const instantInto = (column: string | undefined, set: (item: number, time: number) => void): void => {
    const timeOf = timeReader("auto", `column ${column}`);
    add(column, (row, item, field) => set(item, timeOf(row, field)));
  };
  instantInto(availableFrom, (item, time) => columns.setAvailableFrom(item, time));
  instantInto(availableUntil, (item, time) => columns.setAvailableUntil(item, time));
  add(availability, (row, item, field) => {
    // What is not there was there until the epoch: no query is as old as that.
    if (!isAvailable(row, field, availability!)) columns.setAvailableUntil(item, 0);
  });
  return readers;
}

function isAvailable(row: Row, field: number, column: string): boolean {
  const text = row.text(field).trim().toLowerCase();
  if (Object.hasOwn(AVAILABLE, text)) return AVAILABLE[text]!;
  throw badField(row, column, "true or false (yes, no, 1, 0, in_stock, out_of_stock)", row.text(field));
}
