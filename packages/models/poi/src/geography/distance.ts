import { EARTH_RADIUS_KM, type Point } from "@sequitur/core";
import { type Coordinates } from "./coordinates.js";

const RADIANS = Math.PI / 180;

/** (N, 3) row-major unit vectors from the middle of the earth to each place; NaN where it is not known. */
export function unitVectors({ latitudes, longitudes }: Coordinates): Float64Array {
  const vectors = new Float64Array(latitudes.length * 3);
  for (let i = 0; i < latitudes.length; i++) {
    const latitude = latitudes[i]! * RADIANS;
    const longitude = longitudes[i]! * RADIANS;
    vectors[i * 3] = Math.cos(latitude) * Math.cos(longitude);
    vectors[i * 3 + 1] = Math.cos(latitude) * Math.sin(longitude);
    vectors[i * 3 + 2] = Math.sin(latitude);
  }
  return vectors;
}

/**
 * Great-circle distances in km from one place to many, from the chord between their unit vectors: haversine without a
 * sine or cosine a pair. out (C) over the candidates, else every place of vectors (N, 3); NaN where one is not known.
 */
export function distancesKm(
  out: Float32Array | Float64Array,
  from: number | Point,
  vectors: Float64Array,
  candidates?: Int32Array,
): void {
  const origin =
    typeof from === "number"
      ? vectors.subarray(from * 3, from * 3 + 3)
      : unitVectors({ latitudes: Float64Array.of(from.latitude), longitudes: Float64Array.of(from.longitude) });
  const [x, y, z] = [origin[0]!, origin[1]!, origin[2]!];
  for (let i = 0; i < out.length; i++) {
    const at = (candidates === undefined ? i : candidates[i]!) * 3;
    const [dx, dy, dz] = [vectors[at]! - x, vectors[at + 1]! - y, vectors[at + 2]! - z];
    out[i] = 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(dx * dx + dy * dy + dz * dz) / 2));
  }
}
