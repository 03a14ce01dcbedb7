import { stringsTensor, type Interactions, type Tensor } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import type { Parameters } from "@sequitur/nn";
import { hoursTensors } from "../hours/hours-tensors.js";
import { tokenWidth } from "../network/config.js";
import type { PoiNetwork } from "../network/network.js";
import { keptTensors, modelOf, type StoredModel } from "../serving/load-model.js";
import type { PoiModel } from "../serving/poi-model.js";
import type { FitData, PoiFit } from "./fit-data.js";
import { describeNewPlaces } from "./new-places.js";

/** The model with the network's weights as they are now. */
export function fittedModel(
  data: Interactions,
  { name, config }: PoiFit,
  read: FitData,
  network: PoiNetwork,
  parameters: Parameters,
  threads: number,
): PoiModel {
  const { shape, facts, hours } = read;
  const tensors = new Map<string, Tensor>(parameters.snapshot());
  const learned = [
    { name: "head.places", width: tokenWidth(config) },
    { name: "head.bias", width: 1 },
    ...addEncodedPlaces(tensors, network, config.width),
  ];
  describeNewPlaces(
    learned.map(({ name: of, width }) => ({ values: tensors.get(of)!.data as Float32Array, width })),
    facts,
  );
  addSeasons(tensors, read, config.width);
  addFacts(tensors, read);
  const sizes = { users: shape.users, places: shape.places, categories: shape.categories };
  const kept = keptTensors(config, sizes, tensors);
  const stored: StoredModel = { name, config, catalog: data.catalog, tensors: kept, ...(hours && { hours }) };
  return modelOf(stored, engineFor(threads));
}

/** What the place encoder gives, as tables; scoring needs no more of it. */
function addEncodedPlaces(
  tensors: Map<string, Tensor>,
  network: PoiNetwork,
  width: number,
): { name: string; width: number }[] {
  const { vectors, source, target } = network.encodedPlaces();
  const places = vectors.length / width;
  tensors.set("places.vectors", { shape: [places, width], data: vectors });
  if (source === undefined || target === undefined) return [{ name: "places.vectors", width }];
  tensors.set("places.source", { shape: [places], data: source });
  tensors.set("places.target", { shape: [places], data: target });
  return [
    { name: "places.vectors", width },
    { name: "places.source", width: 1 },
    { name: "places.target", width: 1 },
  ];
}

/** The mixed vectors of the periods, and how seasonal each place is. */
function addSeasons(tensors: Map<string, Tensor>, { shape, season }: FitData, width: number): void {
  if (shape.seasons === undefined || season === undefined) return;
  const { periods, factors } = season;
  const table = tensors.get("token.seasons.table")!.data as Float32Array;
  tensors.set("seasons", { shape: [periods, width], data: product(shape.seasons, table, periods, width) });
  tensors.set("season.factors", { shape: [shape.places, periods], data: factors });
}

/** What is not learned. */
function addFacts(tensors: Map<string, Tensor>, { shape, facts, hours, prior, trips }: FitData): void {
  const add = (name: string, data: Tensor["data"], dims = [data.length]): unknown =>
    tensors.set(name, { shape: dims, data });
  add("facts.vectors", facts.vectors, [shape.places, 3]);
  add("facts.visits", facts.visits);
  add("facts.latitudes", facts.latitudes);
  add("facts.categories", facts.categories);
  add("facts.zoneOf", facts.zoneOf);
  tensors.set("facts.zones", stringsTensor(facts.zones));
  if (prior !== undefined) add("geography.prior", prior.logRatios);
  if (hours !== undefined) for (const [name, tensor] of hoursTensors(hours)) tensors.set(name, tensor);
  add("graph.offsets", shape.adjacency.offsets);
  add("graph.columns", shape.adjacency.columnOf);
  add("graph.values", shape.adjacency.values);
  add("graph.trips", trips);
}

/** (rows, k) times (k, columns). */
function product(a: Float32Array, b: Float32Array, rows: number, columns: number): Float32Array {
  const inner = a.length / rows;
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += a[row * inner + i]! * b[i * columns + column]!;
    return sum;
  });
}
