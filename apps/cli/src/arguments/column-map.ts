import { InvalidArgumentError } from "commander";

/** Columns of a table as `--map` gives them, in the shape that the mapping schema checks. */
export type ColumnMap = Readonly<Record<string, string | readonly string[]>>;

const TIME_UNIT = /^(.+):(s|ms|us|ns|iso|calendar|excel|auto)$/;

/** Keys that may be given several times, and what the schema calls them. */
const LISTS: Readonly<Record<string, string | undefined>> = { text: "text", attribute: "attributes" };

/**
 * `user=uid,item=sku,time=ts:s` added to what came before; the unit of the time may follow its column, and `text` and
 * `attribute` may be given several times. Which keys exist is left to the schema.
 */
export function collectColumns(text: string, before: ColumnMap = {}): ColumnMap {
  const map: Record<string, string | readonly string[]> = { ...before };
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const key = part.slice(0, Math.max(0, equals)).trim();
    const column = part.slice(equals + 1).trim();
    if (key === "" || column === "") {
      throw new InvalidArgumentError(`Expected pairs like user=uid,item=sku,time=ts:s, got "${part}".`);
    }
    const list = LISTS[key];
    if (list !== undefined) {
      map[list] = [map[list] ?? [], column].flat();
      continue;
    }
    if (Object.hasOwn(map, key)) throw new InvalidArgumentError(`Expected one column for ${key}, got several.`);
    const unit = key === "time" ? TIME_UNIT.exec(column) : null;
    map[key] = unit === null ? column : unit[1]!;
    if (unit !== null) map["timeUnit"] = unit[2]!;
  }
  return map;
}
