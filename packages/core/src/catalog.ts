import { PlatformError } from "./errors.js";
import type { IdTable } from "./id-table.js";

/** One attribute of an item or a user, with the type that it came with. */
export type AttributeValue = string | number | boolean;

/** Named attributes, one value each an item (or a user); null where unknown. A column's values are of one type. */
export type AttributeColumns = Readonly<Record<string, readonly (AttributeValue | null)[]>>;

/**
 * What is known of the items, as columns: every array present has one entry an item. A missing column means that the
 * data set does not have it; a missing value is "" (text), [] (categories) or NaN (numbers).
 */
export interface ItemColumns {
  readonly titles?: readonly string[];
  /** Each item's categories, most specific last. */
  readonly categories?: readonly (readonly string[])[];
  /** Named free-text fields (description, brand, region). */
  readonly texts?: Readonly<Record<string, readonly string[]>>;
  /** WGS84 degrees; NaN when unknown. */
  readonly latitudes?: Float64Array;
  readonly longitudes?: Float64Array;
  /** OSM `opening_hours` syntax in local time; "" when unknown. */
  readonly openingHours?: readonly string[];
  /** IANA names, such as America/New_York. */
  readonly timeZones?: readonly string[];
  /** ms since the epoch, UTC: shown from, and no longer from; NaN when there is no such bound. */
  readonly availableFrom?: Float64Array;
  readonly availableUntil?: Float64Array;
  /** Anything else, such as price, stock or brand. */
  readonly attributes?: AttributeColumns;
}

/** The universe that indices point into: every item that may be ranked, every user that may be served. */
export interface Catalog {
  readonly items: IdTable;
  readonly users: IdTable;
  readonly itemColumns: ItemColumns;
  /** "order": times only order each user's rows, and mean nothing as instants; absent: instants. */
  readonly timesAre?: "order";
  /** What is known of the users; absent when nothing is. */
  readonly userAttributes?: AttributeColumns;
  /** Names of the kinds of events that `context.kind` points into; absent when the data has no kinds. */
  readonly kinds?: readonly string[];
}

/** Throws `bad-config` for work that needs instants on data whose times are only an order; `what` names the work. */
export function requireInstants({ timesAre }: Catalog, what: string): void {
  if (timesAre === undefined) return;
  throw new PlatformError(
    "bad-config",
    `${what} needs times, and this data set has only the order of each user's events: choose a split by position, such as leave-one-out or ratio.`,
  );
}
