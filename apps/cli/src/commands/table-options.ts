import type { TableFormat } from "@sequitur/data";
import type { Command } from "commander";

/** Flags that say how a table is written. */
export interface ShapeFlags {
  readonly format?: string;
  readonly separator?: string;
  readonly encoding?: string;
  readonly decimal?: string;
  readonly header: boolean;
  readonly quotes?: boolean;
  readonly escape?: string;
}

/** Adds the flags of `ShapeFlags`. */
export function withShapeOptions(command: Command): void {
  command
    .option("--format <format>", "csv, tsv, dat, jsonl, parquet or arrow (default: by the file's name and content)")
    .option("--separator <text>", "between fields (default: guessed from the first lines)")
    .option("--encoding <encoding>", "utf-8 or iso-8859-1 (UTF-16 is recognised)")
    .option("--decimal <mark>", "point (default) or comma")
    .option("--no-header", "the first line is data; columns are called 1, 2, ...")
    .option("--quotes", 'fields may be quoted by " (default for csv)')
    .option("--no-quotes", 'a " in a field is an ordinary character')
    .option("--escape <character>", 'what makes a " in a quoted field ordinary, such as \\ (default: another ")');
}

/** The flags that were given, in the shape that the schema of tables checks. */
export function shapeOf(flags: ShapeFlags): Partial<TableFormat> {
  const { format, separator, encoding, quotes, escape, decimal, header } = flags;
  return present({ format, separator, encoding, quotes, escape, decimal, ...(header ? {} : { header }) });
}

/** The values that are not undefined. */
export function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
