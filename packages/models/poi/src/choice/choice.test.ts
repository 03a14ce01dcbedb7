import { NONE, Random } from "@sequitur/core";
import { gradientError, Parameters, selectBackend, tf, normal, type SparseRows } from "@sequitur/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowNormalised, selfLoops } from "../graph/flow-map.js";
import { unitVectors } from "../geography/distance.js";
import { kmBetween } from "../history/places.js";
import { mixInto, totalMass } from "./mixture.js";
import { nextPlaceLoss, type ChoiceFacts, type ChoiceTensors } from "./next-place-loss.js";
import { sampledFacts, samplePlaces } from "./sampled-places.js";
import { addMapRow, DISTANCE_STEPS, DistanceSteps, distanceStep, MAP_SLOPE } from "./place-scores.js";

const PLACES = 7;
const random = new Random("choice");
const leaky = (x: number): number => (x > 0 ? x : MAP_SLOPE * x);

/** Some edges, one of them a self-loop. */
const edges: SparseRows = rowNormalised({
  rows: PLACES,
  columns: PLACES,
  offsets: Int32Array.of(0, 2, 3, 3, 4, 4, 5, 6),
  columnOf: Int32Array.of(1, 4, 1, 0, 6, 2),
  values: Float32Array.of(3, 1, 2, 5, 1, 4),
});
const dense = (matrix: SparseRows): number[][] =>
  Array.from({ length: matrix.rows }, (_, row) => {
    const line = Array<number>(matrix.columns).fill(0);
    for (let at = matrix.offsets[row]!; at < matrix.offsets[row + 1]!; at++)
      line[matrix.columnOf[at]!] = matrix.values[at]!;
    return line;
  });

describe("the transition attention map", () => {
  const source = Float32Array.from({ length: PLACES }, () => random.normal());
  const target = Float32Array.from({ length: PLACES }, () => random.normal());
  const full = (matrix: number[][]): number[][] =>
    matrix.map((row, p) => row.map((a, j) => leaky(source[p]! + target[j]!) * (a + 1)));

  it.each([
    ["edges", edges],
    ["no edges, where it is e (I + 1)", selfLoops(PLACES)],
  ])("gives on demand the rows of the full map: %s", (_, adjacency) => {
    full(dense(adjacency)).forEach((wanted, p) => {
      const row = new Float32Array(PLACES);
      addMapRow(row, { source, target, adjacency }, p);
      wanted.forEach((value, j) => expect(row[j]).toBeCloseTo(value, 5));
    });
  });
});

describe("distance steps", () => {
  const latitudes = Float64Array.of(40, 40.0003, 40.01, 41, -33, Number.NaN, 40);
  const longitudes = Float64Array.of(-74, -74, -74.01, -74, 151, Number.NaN, -74);
  const vectors = unitVectors({ latitudes, longitudes });

  it("grow with the distance, by sqrt(2) a step, and set unknown places apart", () => {
    const steps = [...new DistanceSteps(vectors).from(0)];
    expect(steps[0]).toBe(0);
    expect(steps[6]).toBe(0);
    expect(steps[1]! < steps[2]! && steps[2]! < steps[3]! && steps[3]! <= steps[4]!).toBe(true);
    expect(steps[4]).toBe(DISTANCE_STEPS - 2);
    expect(steps[5]).toBe(DISTANCE_STEPS - 1);
    const square = (km: number): number => (km / 6371) ** 2;
    expect(distanceStep(square(2)) - distanceStep(square(1))).toBe(2);
    expect(kmBetween(vectors, 0, 3)).toBeCloseTo(111.2, 0);
  });

  it("are the same whether a row was kept or not", () => {
    const size = 9 << 20; // so that three rows fit
    const many = new Float64Array(3 * size);
    many.set(vectors);
    const steps = new DistanceSteps(many);
    const first = steps.from(0).slice(0, PLACES);
    for (const other of [1, 2, 3, 4]) steps.from(other);
    expect(steps.from(0).subarray(0, PLACES)).toEqual(first);
    expect(first).toEqual(new DistanceSteps(vectors).from(0));
  });
});

describe("the loss of the next place", () => {
  const [rows, width] = [4, 5];
  const answers = Int32Array.of(2, 4, NONE, 1);
  const visitPlaces = Int32Array.of(4, 4, 1, NONE, 2, 5);
  const visitOffsets = Int32Array.of(0, 0, 3, 5, 6);
  const [latitudes, longitudes] = [0, 1].map(() => Float64Array.from({ length: PLACES }, () => 40 + random.uniform()));
  const facts: ChoiceFacts = {
    answers,
    lastPlaces: Int32Array.of(0, NONE, 3, 6),
    gapClasses: Uint8Array.of(1, 0, 2, 3),
    visitOffsets,
    visitPlaces,
    adjacency: edges,
    steps: new DistanceSteps(unitVectors({ latitudes: latitudes!, longitudes: longitudes! })),
  };
  let parameters: Parameters;
  let tensors: Required<ChoiceTensors>;

  beforeAll(async () => {
    await selectBackend("sequitur", { threads: 1 });
    parameters = new Parameters(new Random("loss"));
    const make = (name: string, shape: number[]): never => parameters.create(name, shape, normal(1)) as never;
    tensors = {
      states: make("states", [rows, width]),
      table: make("table", [PLACES, width]),
      bias: make("bias", [PLACES]),
      map: { source: make("source", [PLACES]), target: make("target", [PLACES]) },
      distance: make("distance", [4, DISTANCE_STEPS]),
      own: { masses: make("masses", [visitPlaces.length]), anew: make("anew", [rows]) },
    };
  });
  afterAll(() => parameters.dispose());

  /** The loss the slow way, in double precision. */
  function slowLoss(parts: ChoiceTensors): number {
    const read = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array;
    const [states, table, bias] = [read(parts.states), read(parts.table), read(parts.bias)];
    const adjacency = dense(edges);
    let [sum, count] = [0, 0];
    answers.forEach((answer, m) => {
      if (answer === NONE) return;
      const last = facts.lastPlaces[m]!;
      const scores = Array.from({ length: PLACES }, (_, j) => {
        let score = bias[j]!;
        for (let d = 0; d < width; d++) score += states[m * width + d]! * table[j * width + d]!;
        if (last === NONE) return score;
        if (parts.map)
          score += leaky(read(parts.map.source)[last]! + read(parts.map.target)[j]!) * (1 + adjacency[last]![j]!);
        const step = facts.steps.from(last)[j]!;
        if (parts.distance) score += read(parts.distance)[facts.gapClasses[m]! * DISTANCE_STEPS + step]!;
        return score;
      });
      const total = scores.reduce((all, score) => all + Math.exp(score), 0);
      let probability = Math.exp(scores[answer]!) / total;
      if (parts.own) {
        const anew = Math.exp(read(parts.own.anew)[m]!);
        let [own, all] = [anew * probability, anew];
        for (let v = visitOffsets[m]!; v < visitOffsets[m + 1]!; v++) {
          if (visitPlaces[v] === NONE) continue;
          const mass = Math.exp(read(parts.own.masses)[v]!);
          all += mass;
          if (visitPlaces[v] === answer) own += mass;
        }
        probability = own / all;
      }
      sum -= Math.log(probability);
      count += 1;
    });
    return sum / count;
  }

  const forms: [string, (all: Required<ChoiceTensors>) => ChoiceTensors][] = [
    ["states alone", ({ states, table, bias }) => ({ states, table, bias })],
    ["the map", ({ states, table, bias, map }) => ({ states, table, bias, map })],
    ["distances", ({ states, table, bias, distance }) => ({ states, table, bias, distance })],
    ["everything", (all) => all],
  ];
  it.each(forms)("equals its slow twin and has right gradients: %s", (_, form) => {
    const parts = form(tensors);
    const loss = tf.tidy(() => nextPlaceLoss(parts, facts).dataSync()[0]!);
    expect(loss).toBeCloseTo(slowLoss(parts), 5);
    const variables = parameters
      .all()
      .filter(({ name }) => isPart(parts, name))
      .map(({ variable }) => variable);
    expect(gradientError(() => nextPlaceLoss(parts, facts), variables, new Random(1))).toBeLessThan(5e-3);
  });

  function isPart(parts: ChoiceTensors, name: string): boolean {
    if (["source", "target"].includes(name)) return parts.map !== undefined;
    if (name === "distance") return parts.distance !== undefined;
    return ["masses", "anew"].includes(name) ? parts.own !== undefined : true;
  }
});

describe("sampled places", () => {
  const answers = Int32Array.of(3, NONE, 3, 40);

  it("are the answers and others, weighted so that sums over all places are estimated without bias", () => {
    const draw = new Random("sample");
    const value = (place: number): number => Math.exp(Math.sin(place));
    const whole = Array.from({ length: 100 }, (_, place) => value(place)).reduce((sum, one) => sum + one, 0);
    let mean = 0;
    for (let i = 0; i < 2000; i++) {
      const { places, logWeights } = samplePlaces(answers, 100, 10, draw)!;
      expect([...places]).toEqual([...new Set(places)].sort((a, b) => a - b));
      expect(places).toHaveLength(12);
      expect([logWeights[places.indexOf(3)], logWeights[places.indexOf(40)]]).toEqual([0, 0]);
      places.forEach((place, at) => (mean += (value(place) * Math.exp(logWeights[at]!)) / 2000));
    }
    expect(mean / whole).toBeCloseTo(1, 1);
    expect(Math.abs(mean / whole - 1)).toBeLessThan(0.02);
    expect(samplePlaces(answers, 100, 60, draw)).toBeUndefined();
  });

  it("lose nothing of the facts when they are all places, renumbered", () => {
    const facts: ChoiceFacts = {
      answers: Int32Array.of(2, NONE),
      lastPlaces: Int32Array.of(0, 6),
      gapClasses: Uint8Array.of(1, 2),
      visitOffsets: Int32Array.of(0, 2, 3),
      visitPlaces: Int32Array.of(5, NONE, 1),
      adjacency: edges,
      steps: { from: () => Uint8Array.from({ length: PLACES }, (_, place) => place) },
    };
    const all = { places: Int32Array.from({ length: PLACES }, (_, at) => at), logWeights: new Float32Array(PLACES) };
    const same = sampledFacts(facts, all, PLACES);
    expect([same.answers, same.visitPlaces]).toEqual([facts.answers, facts.visitPlaces]);
    expect(dense(same.adjacency)[0]).toEqual(dense(edges)[0]);
    expect(dense(same.adjacency)[6]).toEqual(dense(edges)[6]);
    const few = sampledFacts(facts, { places: Int32Array.of(1, 2, 4), logWeights: new Float32Array(3) }, PLACES);
    expect([...few.answers]).toEqual([1, NONE]);
    expect([...few.visitPlaces]).toEqual([3, NONE, 0]); // 5 lies outside the sample: mass, but no answer
    expect(dense(few.adjacency)[0]).toEqual([1, 2, 4].map((to) => dense(edges)[0]![to]));
    expect([...few.steps.from(0)]).toEqual([1, 2, 4]);
  });
});

describe("the mixture", () => {
  it("sums to 1 and gives visits their share", () => {
    const places = Int32Array.of(2, 2, 0, NONE);
    const masses = Float32Array.of(1, 0, -1, 50);
    const row = { masses, places, from: 0, to: 4, anew: 0.5 };
    const log = Float32Array.from([0.1, 0.2, 0.3, 0.4], Math.log);
    const all = Math.exp(0.5) + Math.E + 1 + Math.exp(-1);
    expect(totalMass(row)).toBeCloseTo(Math.log(all), 6);
    mixInto(log, row);
    const shares = [...log].map(Math.exp);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(shares[2]).toBeCloseTo((Math.E + 1 + 0.3 * Math.exp(0.5)) / all, 6);
    expect(shares[3]).toBeCloseTo((0.4 * Math.exp(0.5)) / all, 6);
  });
});
