import { PlatformError } from "@sequitur/core";
import { BadRows } from "./bad-rows.js";
import { pathsOf, valueAt } from "./column-paths.js";
import { jsonObjects, type JsonObject } from "./json-objects.js";
import type { Row } from "./row.js";
import type { ImportRun } from "./source-folder.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { textBlocks } from "./text-blocks.js";
import { ValueRow } from "./value-row.js";

/**
 * Reads JSON rows in any layout: one object a line, a list, or objects over several lines. JSON has no header, so the
 * columns are the paths of the first block's objects (about 1 MB) and those that are wished for and appear later; a
 * missing value is an empty field.
 */
export async function readJsonRows(
  path: string,
  wish: TableWish,
  run: ImportRun,
  consumer: RowConsumer,
): Promise<void> {
  const bad = wish.badRows ?? new BadRows();
  let row: ValueRow | undefined;
  let columns: readonly string[] = [];
  let wanted: readonly boolean[] = [];
  let onRow: ((row: Row) => void) | undefined;
  for await (const objects of jsonObjects(path, textBlocks(path, "utf-8", run))) {
    if (row === undefined || onRow === undefined) {
      if (bad.isStrict) for (const object of objects) requireObject(path, object);
      columns = await columnsOf(path, objects, wish, run);
      wanted = columns.map((column) => wish.columns?.has(column) ?? true);
      row = new ValueRow({ path, unit: "line", columns });
      onRow = consumer(columns);
    }
    for (const object of objects) {
      bad.guard(() => {
        const value = requireObject(path, object);
        row!.position = object.line;
        row!.values = columns.map((column, c) => (wanted[c] === true ? valueAt(value, column) : undefined));
        onRow!(row!);
      });
    }
  }
}

function requireObject(path: string, { line, value, text }: JsonObject): Readonly<Record<string, unknown>> {
  if (value !== undefined) return value;
  throw new PlatformError("bad-data", `${path}, line ${line}: expected a JSON object, got "${text.slice(0, 60)}".`);
}

async function columnsOf(
  path: string,
  objects: readonly JsonObject[],
  wish: TableWish,
  run: ImportRun,
): Promise<string[]> {
  const found = new Set<string>();
  for (const { value } of objects) if (value !== undefined) for (const name of pathsOf(value)) found.add(name);
  for (const name of wish.columns ?? []) {
    if (!found.has(name) && (await occursLater(path, name, run))) found.add(name);
  }
  return [...found];
}

/** Whether the key is written anywhere in the file; a second reading, only for keys that the first block lacks. */
async function occursLater(path: string, name: string, run: ImportRun): Promise<boolean> {
  const key = JSON.stringify(name.split(".").at(-1));
  for await (const { bytes } of textBlocks(path, "utf-8", { signal: run.signal })) if (bytes.includes(key)) return true;
  return false;
}
