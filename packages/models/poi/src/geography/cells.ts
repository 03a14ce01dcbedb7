import { NONE } from "@sequitur/core";
import { latLngToCell } from "h3-js";
import type { Coordinates } from "./coordinates.js";

/** The H3 cells that training knows, coarse to fine; each is a row of one shared table. */
export interface CellVocabulary {
  readonly resolutions: readonly number[];
  /** H3 index -> row, over all resolutions. */
  readonly rows: ReadonlyMap<string, number>;
}

/**
 * The cells of the places that training visited (visits above 0), in order of resolution and item. Other cells would keep
 * the vector they started with.
 */
export function cellVocabulary(
  { latitudes, longitudes }: Coordinates,
  resolutions: readonly number[],
  visits: ArrayLike<number>,
): CellVocabulary {
  const rows = new Map<string, number>();
  for (const resolution of resolutions) {
    for (let item = 0; item < latitudes.length; item++) {
      if (!(visits[item]! > 0) || Number.isNaN(latitudes[item]!)) continue;
      const cell = latLngToCell(latitudes[item]!, longitudes[item]!, resolution);
      if (!rows.has(cell)) rows.set(cell, rows.size);
    }
  }
  return { resolutions, rows };
}

/**
 * (N, R) row-major rows of the vocabulary, one a resolution; NONE for a cell that training does not know, so that a new
 * place is told apart by the finest cell that it shares with known ones.
 */
export function cellTokens(vocabulary: CellVocabulary, { latitudes, longitudes }: Coordinates): Int32Array {
  const { resolutions, rows } = vocabulary;
  const width = resolutions.length;
  const tokens = new Int32Array(latitudes.length * width).fill(NONE);
  for (let item = 0; item < latitudes.length; item++) {
    if (Number.isNaN(latitudes[item]!)) continue;
    for (let r = 0; r < width; r++) {
      tokens[item * width + r] = rows.get(latLngToCell(latitudes[item]!, longitudes[item]!, resolutions[r]!)) ?? NONE;
    }
  }
  return tokens;
}
