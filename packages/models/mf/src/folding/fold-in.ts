import type { FactorTables } from "../serving/factor-tables.js";

/** A vector, and its bias: 0 where the model has none. */
export interface Folded {
  /** (factors). */
  readonly vector: Float32Array;
  readonly bias: number;
}

/**
 * Vectors for who or what the fit has not seen, from its interactions with what the fit has: nothing that is trained
 * changes. The same interactions give the same vector, in any order and whatever else is asked for.
 */
export interface FoldIn {
  /** A user from distinct items, ascending or not, and what each is worth (above 0; 1 when absent). */
  readonly user: (tables: FactorTables, items: Int32Array, values?: Float32Array) => Folded;
  /** An item from distinct users. */
  readonly item: (tables: FactorTables, users: Int32Array) => Folded;
}
