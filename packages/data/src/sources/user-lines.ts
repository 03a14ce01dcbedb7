import type { ImportRun } from "./source-folder.js";
import type { RowConsumer } from "./table-wish.js";
import { decodeText, textBlocks } from "./text-blocks.js";
import { ValueRow } from "./value-row.js";

const COLUMNS = ["user", "item"];

/**
 * Reads lines of `user item item ...`, as LightGCN and its kin publish their train.txt and test.txt: one row an item, with
 * the columns user and item. A line with a user alone is a user without items; a user may have several lines.
 */
export async function readUserLines(path: string, run: ImportRun, consumer: RowConsumer): Promise<void> {
  const row = new ValueRow({ path, unit: "line", columns: COLUMNS });
  const onRow = consumer(COLUMNS);
  for await (const { bytes, firstLine } of textBlocks(path, "utf-8", run)) {
    for (const [at, line] of decodeText(bytes, "utf-8").split("\n").entries()) {
      const [user, ...items] = line.split(/\s+/).filter((word) => word !== "");
      row.position = firstLine + at;
      for (const item of items) {
        row.values = [user, item];
        onRow(row);
      }
    }
  }
}

/** Whether the beginning of a file looks so: whole numbers with blanks between, of differing count on its whole lines. */
export function startsWithUserLines(start: string): boolean {
  const lines = start.split(/\r?\n/).slice(0, -1);
  const counts = lines.map((line) => line.trim().split(" ").length);
  return (
    lines.every((line) => /^\d+(?: \d+)* ?$/.test(line)) &&
    new Set(counts).size > 1 &&
    counts.some((count) => count > 3)
  );
}
