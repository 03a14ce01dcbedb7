import { EARTH_RADIUS_KM, PlatformError, type Random } from "@sequitur/core";
import type { GeographyConfig } from "./geography-config.js";

/**
 * (N, 2F) row-major Fourier features of places, [cos z_f, sin z_f] / sqrt(F) with z_f = 2 pi R (d_f . u) / wavelength_f:
 * u is the place's unit vector (`unitVectors`), d_f a random direction, wavelengths in a geometric row from shortestKm to
 * longestKm. Near places have near features on every part of the globe; an unknown place has zeros.
 */
export function fourierFeatures(
  vectors: Float64Array,
  config: Pick<GeographyConfig, "frequencies" | "shortestKm" | "longestKm">,
  random: Random,
): Float32Array {
  const { frequencies, shortestKm, longestKm } = config;
  if (!(shortestKm <= longestKm)) {
    const came = `${shortestKm} and ${longestKm}`;
    throw new PlatformError("bad-config", `shortestKm must not be above longestKm, got ${came}.`);
  }
  const waves = waveVectors(frequencies, shortestKm, longestKm, random);
  const size = vectors.length / 3;
  const features = new Float32Array(size * 2 * frequencies);
  const scale = 1 / Math.sqrt(frequencies);
  for (let i = 0; i < size; i++) {
    if (Number.isNaN(vectors[i * 3]!)) continue;
    for (let f = 0; f < frequencies; f++) {
      let angle = 0;
      for (let axis = 0; axis < 3; axis++) angle += waves[f * 3 + axis]! * vectors[i * 3 + axis]!;
      features[(i * frequencies + f) * 2] = Math.cos(angle) * scale;
      features[(i * frequencies + f) * 2 + 1] = Math.sin(angle) * scale;
    }
  }
  return features;
}

/** (F, 3) direction times 2 pi R / wavelength. */
function waveVectors(frequencies: number, shortestKm: number, longestKm: number, random: Random): Float64Array {
  const waves = new Float64Array(frequencies * 3);
  for (let f = 0; f < frequencies; f++) {
    const position = frequencies === 1 ? 0 : f / (frequencies - 1);
    const wavelength = shortestKm * (longestKm / shortestKm) ** position;
    const direction = [random.normal(), random.normal(), random.normal()] as const;
    const length = Math.hypot(direction[0], direction[1], direction[2]);
    direction.forEach((part, axis) => {
      waves[f * 3 + axis] = ((part / length) * 2 * Math.PI * EARTH_RADIUS_KM) / wavelength;
    });
  }
  return waves;
}
