import { distanceKm, idTable, interactionsFrom, NONE, PlatformError, Random, type Interactions } from "@sequitur/core";
import { closeSequitur, EVALUATION, gradientError, Parameters, selectBackend, tf } from "@sequitur/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cellTokens, cellVocabulary } from "./cells.js";
import { catalogCoordinates } from "./coordinates.js";
import { addDistancePrior, distanceLogRatio, distancePrior } from "./distance-prior.js";
import { distancesKm, unitVectors } from "./distance.js";
import { fourierFeatures } from "./fourier.js";
import { geographyConfigSchema } from "./geography-config.js";
import { geographyLayer } from "./geography-layer.js";
import { placeGeography } from "./place-geography.js";

const CONFIG = geographyConfigSchema.parse({});

function catalogOf(points: readonly (readonly [number, number])[]) {
  return {
    items: idTable(points.map((_, i) => `place ${i}`)),
    users: idTable(["u"]),
    itemColumns: {
      latitudes: Float64Array.from(points, ([latitude]) => latitude),
      longitudes: Float64Array.from(points, ([, longitude]) => longitude),
    },
  };
}

/** n places within about 11 km of Times Square. */
function newYork(n: number, seed = "ny"): [number, number][] {
  const random = new Random(seed);
  return Array.from({ length: n }, () => [40.75 + (random.uniform() - 0.5) / 5, -73.98 + (random.uniform() - 0.5) / 5]);
}

describe("coordinates", () => {
  const check = (...points: [number, number][]) => catalogCoordinates(catalogOf(points));

  it.each([
    [[91, 200], /^item place 1: latitude must be degrees in \[-90, 90\], got 91/],
    [[40, 200], /^item place 1: longitude must be degrees in \[-180, 180\], got 200/],
    [[Infinity, 0], /^item place 1: latitude must be degrees/],
    [[Number.NaN, 9], /^item place 1: latitude and longitude go together/],
    [[-122, 37], /^item place 1: latitude and longitude look swapped \(a latitude lies in/],
  ] as [[number, number], RegExp][])("names the item: %j", (point, message) => {
    expect(() => check([40, -74], point)).toThrow(PlatformError);
    expect(() => check([40, -74], point)).toThrow(message);
  });

  it("sees a swapped pair that is in range among the places of one city", () => {
    const places = newYork(50);
    expect(() => check(...places, [-73.98, 40.75])).toThrow(/^item place 50: .* look swapped/);
    expect(check(...places, [-33.9, 151.2], [48.8, 2.3])).toBeDefined();
  });

  it("accuses nobody in the wide world, and knows nothing of no coordinates", () => {
    const random = new Random("world");
    const world = Array.from({ length: 400 }, (): [number, number] => [
      random.uniform() * 180 - 90,
      random.uniform() * 360 - 180,
    ]);
    expect(check(...world)?.latitudes).toHaveLength(400);
    expect(check([Number.NaN, Number.NaN])).toBeUndefined();
    expect(catalogCoordinates({ items: idTable(["a"]), itemColumns: {} })).toBeUndefined();
  });
});

describe("distances", () => {
  it("equal the haversine formula, over all places or the candidates", () => {
    const random = new Random("far");
    const near = newYork(50);
    const wide = Array.from({ length: 50 }, (): [number, number] => [
      random.uniform() * 180 - 90,
      random.uniform() * 360 - 180,
    ]);
    const points = [...near, ...wide, [0, 180] as const, [Number.NaN, Number.NaN] as const];
    const { latitudes, longitudes } = catalogOf(points).itemColumns;
    const vectors = unitVectors({ latitudes, longitudes });
    const at = (i: number) => ({ latitude: latitudes[i]!, longitude: longitudes[i]! });
    const km = new Float64Array(points.length);
    for (const from of [0, 60, 100]) {
      distancesKm(km, from, vectors);
      for (let i = 0; i < 101; i++) expect(Math.abs(km[i]! - distanceKm(at(from), at(i)))).toBeLessThan(2e-3);
      expect(km[101]).toBeNaN();
    }
    const two = new Float64Array(2);
    distancesKm(two, { latitude: 48.8566, longitude: 2.3522 }, unitVectors(LONDON_PARIS), Int32Array.of(1, 0));
    expect(two[0]).toBeCloseTo(0, 6);
    expect(two[1]).toBeCloseTo(343.6, 0);
  });
});

const LONDON_PARIS = { latitudes: Float64Array.of(51.5074, 48.8566), longitudes: Float64Array.of(-0.1278, 2.3522) };

describe("cells", () => {
  const points = [...newYork(60), [40.7501, -73.9801], [51.5, -0.1], [Number.NaN, Number.NaN]] as [number, number][];
  const coordinates = catalogOf(points).itemColumns;
  const visits = points.map((_, i) => (i < 60 ? 1 : 0));
  const vocabulary = cellVocabulary(coordinates, [5, 7, 9], visits);
  const tokens = cellTokens(vocabulary, coordinates);
  const of = (item: number) => [...tokens.subarray(item * 3, item * 3 + 3)];

  it("are shared by neighbours, few when coarse and many when fine", () => {
    const distinct = [0, 1, 2].map((r) => new Set(points.slice(0, 60).map((_, i) => of(i)[r])).size);
    expect(distinct[0]).toBeLessThan(6);
    expect(distinct[2]).toBeGreaterThan(40);
    expect(distinct[1]).toBeGreaterThan(distinct[0]!);
    expect(vocabulary.rows.size).toBe(distinct[0]! + distinct[1]! + distinct[2]!);
  });

  it("know a new place by its coarse cell, and nothing of a far or unknown one", () => {
    expect(of(60)[0]).not.toBe(NONE);
    expect(of(61)).toEqual([NONE, NONE, NONE]);
    expect(of(62)).toEqual([NONE, NONE, NONE]);
  });
});

describe("Fourier features", () => {
  it("are near for near places, also across the date line, and zero where nobody knows", () => {
    const points: [number, number][] = [
      [10, 179.999],
      [10, -179.999],
      [10, 170],
      [Number.NaN, Number.NaN],
    ];
    const { latitudes, longitudes } = catalogOf(points).itemColumns;
    const vectors = unitVectors({ latitudes, longitudes });
    const features = fourierFeatures(vectors, { ...CONFIG, shortestKm: 5 }, new Random("f"));
    const dot = (a: number, b: number): number => {
      let sum = 0;
      for (let f = 0; f < 32; f++) sum += features[a * 32 + f]! * features[b * 32 + f]!;
      return sum;
    };
    expect(dot(0, 0)).toBeCloseTo(1, 5);
    expect(dot(0, 1)).toBeGreaterThan(0.9);
    expect(dot(0, 2)).toBeLessThan(0.7);
    expect(dot(3, 3)).toBe(0);
    expect(fourierFeatures(vectors, { ...CONFIG, shortestKm: 5 }, new Random("f"))).toEqual(features);
    const wrong = { ...CONFIG, shortestKm: 9, longestKm: 2 };
    expect(() => fourierFeatures(vectors, wrong, new Random("f"))).toThrow("must not be above longestKm, got 9 and 2");
  });
});

describe("the layer", () => {
  beforeAll(() => selectBackend("sequitur"));
  afterAll(() => closeSequitur());

  const points = [...newYork(40), [40.7501, -73.9801], [Number.NaN, Number.NaN]] as [number, number][];
  const train = trips(points, (random) => random.integer(40), 400);
  const places = placeGeography(train, CONFIG, new Random("places"))!;
  const inputs = () => [tf.tensor2d(places.tokens, [42, 3], "int32"), tf.tensor2d(places.features, [42, 32])] as const;
  const build = (seed: string) => {
    const parameters = new Parameters(new Random(seed));
    const options = { cells: places.cells, resolutions: 3, frequencies: 16, width: 8 };
    return { parameters, layer: geographyLayer(parameters, options) };
  };

  it("passes its gradient on", () => {
    const { parameters, layer } = build("gradient");
    const [tokens, features] = inputs();
    const few = () => layer(tf.slice(tokens, [0, 0], [5, 3]), tf.slice(features, [0, 0], [5, 32]), EVALUATION);
    const variables = parameters.all().map(({ variable }) => variable);
    expect(gradientError(few, variables, new Random("check"))).toBeLessThan(1e-2);
  });

  it("learns where a place is, for one that training never visited too", () => {
    const { parameters, layer } = build("learn");
    const [tokens, features] = inputs();
    const targets = tf.tensor2d(
      points.map(([latitude]) => [Number.isNaN(latitude) ? 0 : (latitude - 40.75) * 20]),
      [42, 1],
    );
    const seen = tf.tensor2d(
      points.map((_, i) => [i < 40 ? 1 : 0]),
      [42, 1],
    );
    const sum = (): tf.Tensor => tf.sum(layer(tokens, features, EVALUATION), 1, true);
    const error = (): tf.Scalar => tf.sum(tf.mul(tf.square(tf.sub(sum(), targets)), seen));
    const variables = parameters.all().map(({ variable }) => variable);
    const optimiser = tf.train.adam(0.02);
    const before = error().dataSync()[0]!;
    for (let step = 0; step < 150; step++) optimiser.minimize(error, false, variables);
    expect(error().dataSync()[0]!).toBeLessThan(before / 20);
    const answer = sum().dataSync();
    const middle = Array.from(answer.subarray(0, 40)).filter((_, i) => Math.abs(points[i]![0] - 40.75) < 0.02);
    expect(middle.length).toBeGreaterThan(2);
    expect(Math.abs(answer[40]!)).toBeLessThan(1.2);
    expect(Number.isFinite(answer[41])).toBe(true);
  });
});

/** One user's trips: the next place is drawn by `next` from the last one. */
function trips(points: [number, number][], next: (random: Random, last: number) => number, size: number): Interactions {
  const random = new Random("trips");
  const items = new Int32Array(size);
  for (let i = 1; i < size; i++) items[i] = next(random, items[i - 1]!);
  return interactionsFrom(catalogOf(points), {
    users: new Int32Array(size),
    items,
    times: Float64Array.from({ length: size }, (_, i) => i * 2 * 3_600_000),
  });
}

describe("the distance prior", () => {
  const points = newYork(200);
  const { latitudes, longitudes } = catalogOf(points).itemColumns;
  const vectors = unitVectors({ latitudes, longitudes });
  const gapMs = 2 * 3_600_000;

  it("finds that people go near, where they do", () => {
    const km = new Float64Array(200);
    const near = trips(
      points,
      (random, last) => {
        distancesKm(km, last, vectors);
        const close = [...km.keys()].filter((i) => i !== last && km[i]! < 2.5);
        return close.length === 0 ? random.integer(200) : close[random.integer(close.length)]!;
      },
      3000,
    );
    const prior = distancePrior(near, vectors, new Random("p"));
    expect(prior.trips).toBe(2999);
    expect(distanceLogRatio(prior, 1, gapMs)).toBeGreaterThan(1);
    expect(distanceLogRatio(prior, 8, gapMs)).toBeLessThan(-1);
    expect(distanceLogRatio(prior, Number.NaN, gapMs)).toBe(0);
    expect(distanceLogRatio(prior, 1, 20 * 3_600_000)).toBeGreaterThan(0.5); // a gap never seen goes by the others
    const scores = Float32Array.of(1, 1, 1);
    addDistancePrior(scores, Float32Array.of(1, 8, Number.NaN), prior, { gapMs, weight: 0.5 });
    expect(scores[0]).toBeCloseTo(1 + distanceLogRatio(prior, 1, gapMs) / 2, 5);
    expect([scores[1]! < 0.6, scores[2]]).toEqual([true, 1]);
  });

  it("finds nothing in trips by chance, and says nothing without trips", () => {
    const chance = trips(points, (random) => random.integer(200), 20_000);
    const prior = distancePrior(chance, vectors, new Random("p"));
    for (const km of [0.001, 0.8, 2, 5, 12]) expect(Math.abs(distanceLogRatio(prior, km, gapMs))).toBeLessThan(0.3);
    const none = distancePrior(
      trips(points, () => 0, 1),
      vectors,
      new Random("p"),
    );
    expect(none.trips).toBe(0);
    expect(none.logRatios.every((ratio) => ratio === 0)).toBe(true);
  });

  it("counts no trip from one trajectory to the next", () => {
    const all = trips(points, (random) => random.integer(200), 100);
    const session = Int32Array.from({ length: 100 }, (_, i) => Math.floor(i / 10));
    const cut = { ...all, context: { session } };
    expect(distancePrior(cut, vectors, new Random("p")).trips).toBe(90);
  });
});
