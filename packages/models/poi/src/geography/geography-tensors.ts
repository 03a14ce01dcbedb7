import type { Tensor } from "@sequitur/core";
import { artifactTensor, type Artifact } from "@sequitur/recommender";
import { PRIOR_SIZE, type DistancePrior } from "./distance-prior.js";
import type { PlaceGeography } from "./place-geography.js";

/** The geography, and the prior if there is one, as tensors of an artifact. */
export function geographyTensors(places: PlaceGeography, prior?: DistancePrior): [string, Tensor][] {
  const size = places.vectors.length / 3;
  const tensors: [string, Tensor][] = [
    ["geography.vectors", { shape: [size, 3], data: places.vectors }],
    ["geography.tokens", { shape: [size, places.tokens.length / size], data: places.tokens }],
    ["geography.cells", { shape: [1], data: Int32Array.of(places.cells) }],
    ["geography.features", { shape: [size, places.features.length / size], data: places.features }],
  ];
  if (prior !== undefined) {
    tensors.push(["geography.trips", { shape: [1], data: Int32Array.of(prior.trips) }]);
    tensors.push(["geography.prior", { shape: [prior.logRatios.length], data: prior.logRatios }]);
  }
  return tensors;
}

/** Reads them back, or undefined where the model had no coordinates; `bad-artifact` for tensors that do not fit. */
export function geographyFrom(artifact: Artifact): { places: PlaceGeography; prior?: DistancePrior } | undefined {
  if (!artifact.tensors.has("geography.vectors")) return undefined;
  const size = artifact.catalog.items.size;
  const places = {
    vectors: artifactTensor(artifact, "geography.vectors", Float64Array, [size, 3]),
    tokens: artifactTensor(artifact, "geography.tokens", Int32Array, [size, -1]),
    cells: artifactTensor(artifact, "geography.cells", Int32Array, [1])[0]!,
    features: artifactTensor(artifact, "geography.features", Float32Array, [size, -1]),
  };
  if (!artifact.tensors.has("geography.prior")) return { places };
  const trips = artifactTensor(artifact, "geography.trips", Int32Array, [1])[0]!;
  const logRatios = artifactTensor(artifact, "geography.prior", Float32Array, [PRIOR_SIZE]);
  return { places, prior: { trips, logRatios } };
}
