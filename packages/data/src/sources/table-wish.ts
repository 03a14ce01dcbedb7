import type { BadRows } from "./bad-rows.js";
import type { Row } from "./row.js";

/**
 * Is given the table's column names ("1", "2", ... without a header), then returns what is done with each row. All table
 * readers take one, so that an importer does not know the format.
 */
export type RowConsumer = (columns: readonly string[]) => (row: Row) => void;

/** What the caller of a table reader wants beside the rows. */
export interface TableWish {
  /** The columns that will be asked for; absent: all. */
  readonly columns?: ReadonlySet<string> | undefined;
  /** Where rows go that cannot be read; absent: the first one stops the reading. */
  readonly badRows?: BadRows | undefined;
  /** Whether a log of impressions gives the clicks before its own first line, which belong to training; absent: yes. */
  readonly earlier?: boolean | undefined;
  /** Is given what a reader of results should know of the file, such as fields over several lines. */
  readonly note?: ((text: string) => void) | undefined;
}
