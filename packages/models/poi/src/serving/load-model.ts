import { NONE, PlatformError, stringsOf, stringsTensor, type Tensor } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { Weights } from "@sequitur/nn";
import { artifactTensor, type Artifact } from "@sequitur/recommender";
import { DISTANCE_STEPS, DistanceSteps } from "../choice/place-scores.js";
import { VISIT_FEATURES } from "../history/visit-features.js";
import { tokenWidth, type PoiConfig } from "../network/config.js";
import { hoursFrom, hoursTensors } from "../hours/hours-tensors.js";
import type { PlaceHours } from "../hours/place-hours.js";
import { PRIOR_SIZE } from "../geography/distance-prior.js";
import { GAP_CLASSES } from "../network/encoded.js";
import { poiModel, type PoiModel } from "./poi-model.js";
import { indicesFrom, offsetsFrom, zonesFrom } from "./stored-indices.js";

const WEEK_HOURS = 168;

interface Sizes {
  readonly users: number;
  readonly places: number;
  readonly categories: number;
}

/** Name -> shape of every float tensor that scoring reads. */
function floatShapes(config: PoiConfig, { users, places, categories }: Sizes): Map<string, readonly number[]> {
  const { width: w, timeWidth: t, hidden, layers } = config;
  const d = tokenWidth(config);
  const shapes = new Map<string, readonly number[]>();
  const linear = (name: string, inputs: number, outputs: number, bias = true): void => {
    shapes.set(`${name}.weight`, [inputs, outputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
  };
  const fuse = (name: string, inputs: readonly number[], outputs: number): void =>
    inputs.forEach((size, at) => linear(`${name}.${at}`, size, outputs, at === 0));
  shapes.set("token.users.table", [config.user ? users + 1 : 1, w]);
  shapes.set("token.categories.table", [categories + 2, t]);
  shapes.set("token.time.frequency", [1, t]).set("token.time.phase", [t]);
  fuse("token.userPlace", [w, w], 2 * w);
  const given = config.nextTime === "given";
  if (given) shapes.set("token.weekHours.table", [WEEK_HOURS, t]);
  fuse("token.timeCategory", given ? [t, t, t, t] : [t, t], 2 * t);
  if (config.season !== null) {
    shapes.set("seasons", [config.season.periods, w]).set("season.factors", [places, config.season.periods]);
    fuse("token.seasonPlace", [w, w], 2 * w);
  }
  for (let layer = 0; layer < layers; layer++) {
    const block = `encoder.${layer}`;
    for (const map of ["query", "key", "value", "out"]) linear(`${block}.attention.${map}`, d, d);
    linear(`${block}.widen`, d, hidden);
    linear(`${block}.narrow`, hidden, d);
    for (const norm of ["attentionNorm", "feedNorm"]) {
      shapes.set(`${block}.${norm}.gain`, [d]).set(`${block}.${norm}.bias`, [d]);
    }
  }
  shapes.set("head.places", [places, d]).set("head.bias", [places]);
  linear("head.time", d, 1);
  shapes.set("places.vectors", [places, w]).set("facts.visits", [places]).set("facts.latitudes", [places]);
  if (config.graph) shapes.set("places.source", [places]).set("places.target", [places]);
  if (config.geography !== null && config.geography.priorWeight > 0) shapes.set("geography.prior", [PRIOR_SIZE]);
  if (config.distance) shapes.set("distance.weights", [GAP_CLASSES, DISTANCE_STEPS]);
  if (config.visits > 0) {
    linear("visits.mass.0", VISIT_FEATURES, config.visitHidden);
    linear("visits.mass.1", config.visitHidden, 1);
    linear("visits.anew", d, 1);
  }
  return shapes;
}

/** The tensors that an artifact keeps, out of all that a fit has. */
export function keptTensors(
  config: PoiConfig,
  sizes: Sizes,
  tensors: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> {
  const kept = new Map<string, Tensor>();
  for (const name of [...floatShapes(config, sizes).keys(), ...OTHERS]) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new PlatformError("bad-artifact", `a fit must leave a tensor ${name}, got none.`);
    kept.set(name, tensor);
  }
  for (const [name, tensor] of tensors) if (name.startsWith("hours.")) kept.set(name, tensor);
  return kept;
}

const OTHERS = [
  "facts.vectors",
  "facts.categories",
  "facts.zoneOf",
  "facts.zones",
  "graph.offsets",
  "graph.columns",
  "graph.values",
  "graph.trips",
];

/** The model in an artifact of that name; `bad-artifact` for a tensor that is missing, misshapen or points nowhere. */
export function loadPoiModel(artifact: Artifact, name: string, config: PoiConfig): PoiModel {
  const places = artifact.catalog.items.size;
  const users = artifact.catalog.users.size;
  const categoryTable = artifactTensor(artifact, "token.categories.table", Float32Array, [-1, config.timeWidth]);
  const categories = Math.max(0, categoryTable.length / config.timeWidth - 2);
  const tensors = new Map<string, Tensor>();
  const take = (
    of: string,
    Data: typeof Float32Array | typeof Float64Array | typeof Int32Array,
    shape: readonly number[],
  ): void => {
    const data = artifactTensor<Float32Array | Float64Array | Int32Array>(artifact, of, Data, shape);
    tensors.set(of, { shape: shape.map((size) => (size === -1 ? data.length : size)), data });
  };
  for (const [of, shape] of floatShapes(config, { users, places, categories })) take(of, Float32Array, shape);
  take("facts.vectors", Float64Array, [places, 3]);
  const keep = (of: string, data: Int32Array): unknown => tensors.set(of, { shape: [data.length], data });
  keep("facts.categories", indicesFrom(artifact, "facts.categories", [places], [NONE, categories]));
  const edges = indicesFrom(artifact, "graph.columns", [-1], [0, places]);
  keep("graph.columns", edges);
  keep("graph.offsets", offsetsFrom(artifact, "graph.offsets", places, edges.length));
  take("graph.values", Float32Array, [edges.length]);
  take("graph.trips", Int32Array, [edges.length]);
  const zones = zonesFrom(artifact, "facts.zones");
  tensors.set("facts.zones", stringsTensor(zones));
  keep("facts.zoneOf", indicesFrom(artifact, "facts.zoneOf", [places], [NONE, zones.length]));
  const hours = config.hours.form === "off" ? undefined : hoursFrom(artifact);
  for (const [of, tensor] of hours === undefined ? [] : hoursTensors(hours)) tensors.set(of, tensor);
  return modelOf({ name, config, catalog: artifact.catalog, tensors, ...(hours && { hours }) }, engineFor());
}

/** What a model is made of, as an artifact stores it. */
export interface StoredModel {
  readonly name: string;
  readonly config: PoiConfig;
  readonly catalog: Artifact["catalog"];
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly hours?: PlaceHours;
}

/** The model over tensors that are known to fit. */
export function modelOf({ name, config, catalog, tensors, hours }: StoredModel, engine: Weights["engine"]): PoiModel {
  const size = catalog.items.size;
  const floats = (of: string): Float32Array => tensors.get(of)!.data as Float32Array;
  const vectors = tensors.get("facts.vectors")!.data as Float64Array;
  const integers = (of: string): Int32Array => tensors.get(of)!.data as Int32Array;
  return poiModel({
    name,
    config,
    catalog,
    facts: {
      size,
      categories: integers("facts.categories"),
      categoryCount: floats("token.categories.table").length / config.timeWidth - 2,
      vectors,
      latitudes: floats("facts.latitudes"),
      visits: floats("facts.visits"),
      zoneOf: integers("facts.zoneOf"),
      zones: stringsOf(tensors.get("facts.zones"), `artifact of ${name}: tensor facts.zones`),
    },
    adjacency: {
      rows: size,
      columns: size,
      offsets: integers("graph.offsets"),
      columnOf: integers("graph.columns"),
      values: floats("graph.values"),
    },
    steps: new DistanceSteps(vectors),
    trips: integers("graph.trips"),
    ...(config.season && { season: { periods: config.season.periods, factors: floats("season.factors") } }),
    ...(hours && { hours }),
    tensors,
    weights: new Weights(engine, tensors),
  });
}
