import { EARTH_RADIUS_KM, NONE, PlatformError, type Catalog, type ItemColumns } from "@sequitur/core";
import { catalogCoordinates } from "../geography/coordinates.js";
import { unitVectors } from "../geography/distance.js";
import { isTimeZone, zoneOffsetMinutes } from "@sequitur/data";

/** What is fixed about the places, as the network reads it. */
export interface PlaceFacts {
  readonly size: number;
  /** (N) most specific category, NONE when unknown. */
  readonly categories: Int32Array;
  readonly categoryCount: number;
  /** (N, 3) unit vectors; NaN when the coordinates are unknown. */
  readonly vectors: Float64Array;
  /** (N) degrees; NaN when unknown. */
  readonly latitudes: Float32Array;
  /** (N) check-ins in training. */
  readonly visits: Float32Array;
  /** (N) position in `zones`, NONE when the time zone is unknown. */
  readonly zoneOf: Int32Array;
  /** IANA names. */
  readonly zones: readonly string[];
}

/** Time zones of the places, numbered by first appearance. `bad-data` names a place whose zone does not exist. */
export function placeZones({ items, itemColumns }: Catalog): Pick<PlaceFacts, "zoneOf" | "zones"> {
  const zoneOf = new Int32Array(items.size).fill(NONE);
  const zones: string[] = [];
  itemColumns.timeZones?.forEach((zone, place) => {
    if (zone === "") return;
    const known = zones.indexOf(zone);
    if (known === -1 && !isTimeZone(zone)) {
      const expected = "a time zone must be an IANA name such as Europe/Rome";
      throw new PlatformError("bad-data", `item ${items.ids[place]}: ${expected}, got "${zone}".`);
    }
    zoneOf[place] = known === -1 ? zones.push(zone) - 1 : known;
  });
  return { zoneOf, zones };
}

/** Minutes east of UTC on the clock at a place; 0 when its time zone is unknown. */
export function offsetAt(
  { zoneOf, zones }: Pick<PlaceFacts, "zoneOf" | "zones">,
  place: number,
  instant: number,
): number {
  const zone = place === NONE ? NONE : (zoneOf[place] ?? NONE);
  return zone === NONE ? 0 : zoneOffsetMinutes(zones[zone]!, instant);
}

/** Most specific category of each place, numbered by first appearance. */
export function leafCategories(columns: ItemColumns, size: number): { categories: Int32Array; names: string[] } {
  const numbers = new Map<string, number>();
  const categories = new Int32Array(size).fill(NONE);
  for (let place = 0; place < size; place++) {
    const name = columns.categories?.[place]?.at(-1);
    if (name === undefined || name === "") continue;
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    categories[place] = known;
  }
  return { categories, names: [...numbers.keys()] };
}

/** (N, 3) unit vectors, NaN where unknown; `bad-data` for coordinates that cannot be, see `catalogCoordinates`. */
export function placeVectors(catalog: Catalog): Float64Array {
  const coordinates = catalogCoordinates(catalog);
  return coordinates === undefined
    ? new Float64Array(3 * catalog.items.size).fill(Number.NaN)
    : unitVectors(coordinates);
}

/** Straight-line km between two places, through the ground: 0.1 % short of the great circle at 1,000 km. NaN if unknown. */
export function kmBetween(vectors: Float64Array, a: number, b: number): number {
  if (a === NONE || b === NONE) return Number.NaN;
  const dx = vectors[3 * a]! - vectors[3 * b]!;
  const dy = vectors[3 * a + 1]! - vectors[3 * b + 1]!;
  const dz = vectors[3 * a + 2]! - vectors[3 * b + 2]!;
  return EARTH_RADIUS_KM * Math.sqrt(dx * dx + dy * dy + dz * dz);
}
