import { PARTS, PlatformError } from "@sequitur/core";
import { partNamed } from "./part-files.js";
import type { ColumnMapping, MappedOptions } from "./mapping.js";
import { badField, type Row } from "./row.js";

/** `bad-config` where a part is given twice, or nothing is left to be asked. */
export function checkParts({ mapping, validation, test }: MappedOptions): void {
  if (mapping.part !== undefined && validation.length + test.length > 0) {
    throw new PlatformError("bad-config", "expected files of the parts or a column with the part, got both.");
  }
  if (validation.length > 0 && test.length === 0) {
    throw new PlatformError("bad-config", "expected files of the test part beside those of validation, got none.");
  }
}

/** Reads which part of the data's own split a row is of: its column says so, or the file that it stands in. */
export function partReader(
  { part: column }: ColumnMapping,
  fieldOf: (name: string) => number,
  ofFile: () => number,
): (row: Row) => number {
  if (column === undefined) return ofFile;
  const field = fieldOf(column);
  return (row) => {
    const part = partNamed(row.text(field));
    if (part !== undefined) return PARTS.indexOf(part);
    throw badField(row, `column ${column}`, PARTS.join(", "), row.text(field));
  };
}
