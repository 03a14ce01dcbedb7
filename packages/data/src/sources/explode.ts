import { PlatformError } from "@sequitur/core";
import { columnIndex } from "./columns.js";
import { parseExactJson } from "./exact-json.js";
import { badField, type Row } from "./row.js";
import type { RowConsumer } from "./table-wish.js";
import { ValueRow } from "./value-row.js";

/** Makes one row of each entry of the lists in the named columns; other columns repeat. Lists of a row are equally long. */
export function exploding(path: string, lists: readonly string[], consumer: RowConsumer): RowConsumer {
  if (lists.length === 0) return consumer;
  return (columns) => {
    const onRow = consumer(columns);
    const fields = lists.map((name) => columnIndex(path, columns, name));
    return (row) => {
      const entries = fields.map((field) => entriesOf(row, field));
      const size = entries[0]!.length;
      if (entries.some((list) => list.length !== size)) {
        const lengths = entries.map((list, at) => `${list.length} in ${lists[at]}`).join(", ");
        throw new PlatformError("bad-data", `${row.where()}: expected lists of equal length, got ${lengths}.`);
      }
      for (let entry = 0; entry < size; entry++) onRow(new EntryRow(row, columns, fields, entries, entry));
    };
  };
}

/** A list value, a JSON list as text, or words with blanks, commas or bars between. */
function entriesOf(row: Row, field: number): ArrayLike<unknown> {
  const value = row.value(field);
  if (typeof value === "object" && value !== null && "length" in value) return value as ArrayLike<unknown>;
  const text = row.text(field).trim();
  if (text === "") return [];
  if (!text.startsWith("[")) return text.split(/\s*[,|;]\s*|\s+/);
  try {
    return parseExactJson(text) as unknown[];
  } catch {
    // numpy prints lists without commas, Python quotes with '.
    if (text.endsWith("]")) return text.slice(1, -1).match(/[^\s,'"]+/g) ?? [];
    throw badField(row, "a list", "a list that ends", text);
  }
}

class EntryRow extends ValueRow {
  private readonly row: Row;
  private readonly entry: number;

  constructor(
    row: Row,
    columns: readonly string[],
    fields: readonly number[],
    entries: readonly ArrayLike<unknown>[],
    entry: number,
  ) {
    super({ path: "", unit: "row", columns });
    this.row = row;
    this.entry = entry;
    this.values = columns.map((_, field) => {
      const list = fields.indexOf(field);
      return list < 0 ? row.value(field) : entries[list]![entry];
    });
  }

  override where(): string {
    return `${this.row.where()}, entry ${this.entry + 1}`;
  }

  override type(field: number): string {
    return this.row.type(field);
  }
}
