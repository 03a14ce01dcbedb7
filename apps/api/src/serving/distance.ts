const EARTH_RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;

/** WGS84 degrees. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Great-circle distance by the haversine formula; NaN when a coordinate is unknown. */
export function distanceKm(from: Place, latitude: number | undefined, longitude: number | undefined): number {
  if (latitude === undefined || longitude === undefined) return Number.NaN;
  const north = Math.sin(((latitude - from.latitude) * RADIANS) / 2) ** 2;
  const east = Math.sin(((longitude - from.longitude) * RADIANS) / 2) ** 2;
  const square = north + Math.cos(from.latitude * RADIANS) * Math.cos(latitude * RADIANS) * east;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(square)));
}
