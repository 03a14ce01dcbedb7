/** A place on the earth, WGS84 degrees. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** Mean radius of the earth. */
export const EARTH_RADIUS_KM = 6371.0088;

const RADIANS = Math.PI / 180;

/** Great-circle distance in km by the haversine formula; NaN where a coordinate is NaN or not known. */
export function distanceKm(from: Point, to: { readonly [key in keyof Point]?: number | undefined }): number {
  const { latitude = Number.NaN, longitude = Number.NaN } = to;
  const north = Math.sin(((latitude - from.latitude) * RADIANS) / 2) ** 2;
  const east = Math.sin(((longitude - from.longitude) * RADIANS) / 2) ** 2;
  const square = north + Math.cos(from.latitude * RADIANS) * Math.cos(latitude * RADIANS) * east;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(square)));
}
