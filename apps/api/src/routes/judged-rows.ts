import type { z } from "@hono/zod-openapi";
import type { RowProblem } from "../schemas/catalog-schemas.js";

/** The rows of a batch that their schema takes, with their places, and why the others are refused. */
export interface JudgedRows<Row> {
  readonly rows: Row[];
  readonly places: number[];
  readonly errors: RowProblem[];
}

/**
 * Judges the rows of a batch one by one, by their schema and then by `problemOf`: a bad one never spoils its neighbours.
 * `idName` is the field that names a row.
 */
export function judgedRows<S extends z.ZodType>(
  given: readonly unknown[],
  schema: S,
  idName: string,
  problemOf: (row: z.output<S>) => string | undefined = () => undefined,
): JudgedRows<z.output<S>> {
  const rows: z.output<S>[] = [];
  const places: number[] = [];
  const errors: RowProblem[] = [];
  given.forEach((value, row) => {
    const parsed = schema.safeParse(value);
    const message = parsed.success ? problemOf(parsed.data) : firstIssue(parsed.error);
    if (parsed.success && message === undefined) {
      rows.push(parsed.data);
      places.push(row);
      return;
    }
    errors.push({ row, ...named(value, idName), message: message ?? NOT_A_ROW });
  });
  return { rows, places, errors };
}

const NOT_A_ROW = "not as expected";

function firstIssue({ issues }: z.core.$ZodError): string {
  const { path = [], message = NOT_A_ROW } = issues[0] ?? {};
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}

function named(value: unknown, idName: string): { readonly id?: string } {
  const id = (value as Record<string, unknown> | null)?.[idName];
  return typeof id === "string" ? { id: id.slice(0, 200) } : {};
}

/** What a batch answers. */
export function writtenOut(written: number, errors: readonly RowProblem[]) {
  return { written, rejected: errors.length, errors: errors.toSorted((a, b) => a.row - b.row) };
}
