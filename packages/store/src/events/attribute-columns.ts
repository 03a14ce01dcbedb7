import type { AttributeColumns, AttributeValue } from "@sequitur/core";

/**
 * The attributes of rows as columns by name, in the order of the names; undefined where no row has any. A column has one
 * type: numbers or booleans where all known values are that, else texts. A list of texts counts as one text with commas
 * between; what has no type of its own (null, an object, another list) is unknown.
 */
export function attributeColumns(rows: readonly Readonly<Record<string, unknown>>[]): AttributeColumns | undefined {
  const columns = new Map<string, (AttributeValue | null)[]>();
  for (const [index, row] of rows.entries()) {
    for (const [name, given] of Object.entries(row)) {
      const value = plainValue(given);
      if (value === null) continue;
      let column = columns.get(name);
      if (column === undefined) columns.set(name, (column = new Array<AttributeValue | null>(rows.length).fill(null)));
      column[index] = value;
    }
  }
  if (columns.size === 0) return undefined;
  const names = [...columns.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, ofOneType(columns.get(name)!)]));
}

function plainValue(value: unknown): AttributeValue | null {
  if (Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")) {
    return value.join(", ");
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function ofOneType(column: readonly (AttributeValue | null)[]): readonly (AttributeValue | null)[] {
  const types = new Set(column.flatMap((value) => (value === null ? [] : [typeof value])));
  return types.size === 1 ? column : column.map((value) => (value === null ? null : String(value)));
}
