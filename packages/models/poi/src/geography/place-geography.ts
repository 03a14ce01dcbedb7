import { itemCounts, type Interactions, type Random } from "@sequitur/core";
import { cellTokens, cellVocabulary } from "./cells.js";
import { catalogCoordinates } from "./coordinates.js";
import { unitVectors } from "./distance.js";
import { fourierFeatures } from "./fourier.js";
import type { GeographyConfig } from "./geography-config.js";

/** What is computed once of where the N places of a catalogue are. */
export interface PlaceGeography {
  /** (N, 3) row-major unit vectors; NaN where nobody knows. */
  readonly vectors: Float64Array;
  /** (N, R) row-major rows of the cell table; NONE: unknown. */
  readonly tokens: Int32Array;
  /** Rows of the cell table. */
  readonly cells: number;
  /** (N, 2F) row-major Fourier features. */
  readonly features: Float32Array;
}

/** The geography of the training catalogue, or undefined when no place has coordinates; see `catalogCoordinates`. */
export function placeGeography(
  train: Interactions,
  config: GeographyConfig,
  random: Random,
): PlaceGeography | undefined {
  const coordinates = catalogCoordinates(train.catalog);
  if (coordinates === undefined) return undefined;
  const vocabulary = cellVocabulary(coordinates, config.resolutions, itemCounts(train));
  const vectors = unitVectors(coordinates);
  return {
    vectors,
    tokens: cellTokens(vocabulary, coordinates),
    cells: vocabulary.rows.size,
    features: fourierFeatures(vectors, config, random.fork("fourier")),
  };
}
