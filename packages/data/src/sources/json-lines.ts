import { PlatformError } from "@sequitur/core";
import type { RowConsumer } from "./delimited.js";
import { ValueRow, type Row } from "./row.js";
import type { ImportRun } from "./source-folder.js";
import { textBlocks } from "./text-blocks.js";

/**
 * Reads one JSON object a line. The columns are the keys of the first block's objects (about 1 MB), since JSON Lines
 * has no header and a key may be left out of some rows; a missing key is an empty field.
 */
export async function readJsonLines(path: string, run: ImportRun, consumer: RowConsumer): Promise<void> {
  let row: ValueRow | undefined;
  let columns: readonly string[] = [];
  let onRow: ((row: Row) => void) | undefined;
  for await (const block of textBlocks(path, "utf-8", run)) {
    const objects = parseLines(path, block.bytes.toString("utf8"), block.firstLine);
    if (row === undefined || onRow === undefined) {
      columns = [...new Set(objects.flatMap(({ value }) => Object.keys(value)))];
      row = new ValueRow(path, "line", columns);
      onRow = consumer(columns);
    }
    for (const { line, value } of objects) {
      row.position = line;
      row.values = columns.map((column) => (Object.hasOwn(value, column) ? value[column] : undefined));
      onRow(row);
    }
  }
}

interface ParsedLine {
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

function parseLines(path: string, text: string, firstLine: number): ParsedLine[] {
  const parsed: ParsedLine[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const content = lines[index]!.trim();
    if (content === "") continue;
    const line = firstLine + index;
    const value = parseObject(content);
    if (value === undefined) {
      throw new PlatformError(
        "bad-data",
        `${path}, line ${line}: expected a JSON object, got "${content.slice(0, 60)}".`,
      );
    }
    parsed.push({ line, value });
  }
  return parsed;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
