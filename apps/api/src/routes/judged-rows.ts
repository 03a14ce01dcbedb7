import type { z } from "@hono/zod-openapi";
import type { RowProblem } from "../schemas/catalog-schemas.js";

/** The rows of a batch that their schema takes, with their places, and why the others are refused. */
export interface JudgedRows<Row> {
  readonly rows: Row[];
  readonly places: number[];
  readonly errors: RowProblem[];
}

/** Judges the rows of a batch one by one: a bad one never spoils its neighbours. `idName` is the field that names a row. */
export function judgedRows<S extends z.ZodType>(
  given: readonly unknown[],
  schema: S,
  idName: string,
): JudgedRows<z.output<S>> {
  const rows: z.output<S>[] = [];
  const places: number[] = [];
  const errors: RowProblem[] = [];
  given.forEach((value, row) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) {
      rows.push(parsed.data);
      places.push(row);
      return;
    }
    const { path = [], message = "not as expected" } = parsed.error.issues[0] ?? {};
    const where = path.map(String).join(".");
    errors.push({ row, ...named(value, idName), message: where === "" ? message : `${where}: ${message}` });
  });
  return { rows, places, errors };
}

function named(value: unknown, idName: string): { readonly id?: string } {
  const id = (value as Record<string, unknown> | null)?.[idName];
  return typeof id === "string" ? { id: id.slice(0, 200) } : {};
}

/** What a batch answers. */
export function writtenOut(written: number, errors: readonly RowProblem[]) {
  return { written, rejected: errors.length, errors: errors.toSorted((a, b) => a.row - b.row) };
}
