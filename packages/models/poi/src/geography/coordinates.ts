import { distanceKm, PlatformError, type Catalog } from "@sequitur/core";

/** Places that lie so far from the middle of a local data set, and so near it when turned, were written in wrong order. */
const FAR_KM = 1000;
const NEAR_KM = 100;
/** A data set is local when nine in ten places lie this near its middle; the world's places have no wrong side. */
const LOCAL_KM = 500;
const LOCAL_SHARE = 0.9;

/** WGS84 degrees by item; NaN where nobody knows. */
export interface Coordinates {
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
}

/**
 * The coordinates of a catalogue, or undefined when no item has any. `bad-data` names the first item whose latitude is
 * outside [-90, 90] or longitude outside [-180, 180], that has one without the other, or whose two numbers look swapped:
 * they fit only the other way round, or nine in ten places are close together and this one would be among them if turned.
 */
export function catalogCoordinates(catalog: Pick<Catalog, "items" | "itemColumns">): Coordinates | undefined {
  const { latitudes, longitudes } = catalog.itemColumns;
  if (latitudes === undefined || longitudes === undefined || latitudes.every(Number.isNaN)) return undefined;
  const { ids } = catalog.items;
  for (let item = 0; item < ids.length; item++) checkRange(ids[item]!, latitudes[item]!, longitudes[item]!);
  const swapped = swappedItem(latitudes, longitudes);
  if (swapped >= 0) {
    throw looksSwapped(
      ids[swapped]!,
      latitudes[swapped]!,
      longitudes[swapped]!,
      "the other places lie where it would be",
    );
  }
  return { latitudes, longitudes };
}

function checkRange(id: string, latitude: number, longitude: number): void {
  if (Number.isNaN(latitude) && Number.isNaN(longitude)) return;
  if (Number.isNaN(latitude) || Number.isNaN(longitude)) {
    const came = `latitude ${latitude}, longitude ${longitude}`;
    throw new PlatformError("bad-data", `item ${id}: latitude and longitude go together, got ${came}.`);
  }
  if (Math.abs(latitude) > 90 && Math.abs(latitude) <= 180 && Math.abs(longitude) <= 90) {
    throw looksSwapped(id, latitude, longitude, "a latitude lies in [-90, 90]");
  }
  if (!(Math.abs(latitude) <= 90)) {
    throw new PlatformError("bad-data", `item ${id}: latitude must be degrees in [-90, 90], got ${latitude}.`);
  }
  if (!(Math.abs(longitude) <= 180)) {
    throw new PlatformError("bad-data", `item ${id}: longitude must be degrees in [-180, 180], got ${longitude}.`);
  }
}

function looksSwapped(id: string, latitude: number, longitude: number, why: string): PlatformError {
  const came = `latitude ${latitude}, longitude ${longitude}`;
  return new PlatformError("bad-data", `item ${id}: latitude and longitude look swapped (${why}), got ${came}.`);
}

/** The first item of a local data set that would be at home only if turned; -1 when there is none. */
function swappedItem(latitudes: Float64Array, longitudes: Float64Array): number {
  const middle = { latitude: median(latitudes), longitude: median(longitudes) };
  let known = 0;
  let near = 0;
  let suspect = -1;
  for (let item = 0; item < latitudes.length; item++) {
    const [latitude, longitude] = [latitudes[item]!, longitudes[item]!];
    if (Number.isNaN(latitude)) continue;
    const km = distanceKm(middle, { latitude, longitude });
    known++;
    if (km <= LOCAL_KM) near++;
    if (suspect >= 0 || km < FAR_KM || Math.abs(longitude) > 90) continue;
    if (distanceKm(middle, { latitude: longitude, longitude: latitude }) <= NEAR_KM) suspect = item;
  }
  return near >= LOCAL_SHARE * known ? suspect : -1;
}

function median(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return sorted[sorted.length >> 1]!;
}
