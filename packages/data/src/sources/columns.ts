import { PlatformError } from "@sequitur/core";

const SHOWN = 30;
/** RecBole's headers carry a type: "user_id:token". */
const RECBOLE_TYPE = /:(?:token|float|token_seq|float_seq)$/;

/**
 * The index of a named column: the very name, `#2` for the second column, else the only one that is the same but for
 * blanks around it, a leading #, case or a RecBole type. `bad-data` lists the columns that exist, and says why the name
 * may be missing.
 */
export function columnIndex(path: string, columns: readonly string[], name: string): number {
  const exact = columns.indexOf(name);
  if (exact >= 0 && columns.indexOf(name, exact + 1) < 0) return exact;
  if (exact >= 0) {
    const places = columns.flatMap((column, index) => (column === name ? [`#${index + 1}`] : []));
    throw new PlatformError(
      "bad-data",
      `${path}: expected one column "${name}", got ${places.length}: name it by its place, ${places.join(" or ")}.`,
    );
  }
  const place = /^#(\d+)$/.exec(name);
  if (place !== null && Number(place[1]) >= 1 && Number(place[1]) <= columns.length) return Number(place[1]) - 1;
  const plain = plainName(name);
  const alike = columns.flatMap((column, index) => (plainName(column) === plain ? [index] : []));
  if (alike.length === 1) return alike[0]!;
  const shown =
    columns.length > SHOWN
      ? `${columns.slice(0, SHOWN).join(", ")}, and ${columns.length - SHOWN} more`
      : columns.join(", ");
  const hint = missingHint(columns, name);
  throw new PlatformError("bad-data", `${path}: expected a column "${name}", got the columns ${shown}.${hint}`);
}

/** A column's name without what files add to it. */
export function plainName(name: string): string {
  return name
    .trim()
    .replace(/^#\s*|^"|"$/g, "")
    .replace(RECBOLE_TYPE, "")
    .trim()
    .toLowerCase();
}

/** Whether a header looks like a row of data: a field that is a number or a date, or two equal fields. */
export function looksLikeData(columns: readonly string[]): boolean {
  return columns.some(
    (column) => /^-?\d+(?:[.,:/-]\d+)*(?:[T ][\d:.]+Z?)?$/.test(column.trim()) && column.trim() !== "",
  );
}

function missingHint(columns: readonly string[], name: string): string {
  const numbered = columns.every((column, index) => column === String(index + 1));
  if (numbered) return " Without a header, columns are named 1, 2, 3.";
  if (/^\d+$/.test(name))
    return " With a header, columns go by name, or by place as #1, #2; --no-header says that there is none.";
  if (looksLikeData(columns)) {
    return " The first line looks like data: with --no-header the columns are named 1, 2, 3.";
  }
  const only = columns.length === 1 ? (columns[0] ?? "") : "";
  const separator = [";", "\t", "|", "::", ","].find((mark) => only.includes(mark));
  if (separator !== undefined) {
    return ` The fields look separated by ${separator === "\t" ? "tabs" : `"${separator}"`}: --separator "${separator === "\t" ? "\\t" : separator}".`;
  }
  return "";
}
