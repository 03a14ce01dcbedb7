import { parseConfig, queryBatch, Random } from "@sequitur/core";
import { EVALUATION, graph, Parameters, selectBackend, tf } from "@sequitur/nn";
import { plantedSequences } from "@sequitur/recommender/conforms";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SMALL } from "../fitted.fixture.js";
import type { Sequence } from "../history/check-ins.js";
import { SeenPlaces } from "../history/visit-features.js";
import { seaget } from "../seaget/seaget.js";
import { batchOf } from "../training/batches.js";
import { readData } from "../training/fit-data.js";
import { fittedModel } from "../training/fitted-model.js";
import type { EncodeOptions } from "./encoded.js";
import { poiNetwork, type Batch, type PoiNetwork } from "./network.js";

const planted = plantedSequences(new Random("network"), { users: 30, items: 20, length: 9 });
const config = parseConfig(seaget.config, { ...SMALL, layers: 2, heads: 2 }, "test");
const data = readData(planted.train, { name: "seaget", config }, new Random("data"));
const options: EncodeOptions = {
  facts: data.facts,
  nextTime: config.nextTime,
  visits: config.visits,
  periods: 12,
  seen: new SeenPlaces(20),
};

describe("the network", () => {
  let parameters: Parameters;
  let network: PoiNetwork;
  beforeAll(async () => {
    await selectBackend("sequitur", { threads: 1 });
    parameters = new Parameters(new Random("network"));
    network = poiNetwork(parameters, data.shape, config, graph);
  });
  afterAll(() => {
    network.dispose();
    parameters.dispose();
  });

  const losses = (batch: Batch): [number, number, number] =>
    tf.tidy(() => {
      const { place, time, category } = network.losses(batch, EVALUATION);
      return [place.dataSync()[0]!, time.dataSync()[0]!, category.dataSync()[0]!];
    });
  /** A user's trajectory cut to so many check-ins, asked from a moment on. */
  const part = (at: number, length: number, countFrom: number): Sequence => {
    const whole = data.sequences[at]!;
    const to = whole.from + length;
    const clock = { hour: data.checkIns.hours[to]!, weekHour: data.checkIns.weekHours[to]!, month: 0 };
    return { ...whole, to, now: planted.train.times[to]!, clock, countFrom };
  };

  it("adds up as place + 10 time + category", () => {
    const batch = batchOf(data.checkIns, data.sequences.slice(0, 5), options);
    const [place, time, category] = losses(batch);
    const whole = tf.tidy(() => network.loss(batch, EVALUATION).dataSync()[0]!);
    expect(whole).toBeCloseTo(place + 10 * time + category, 5);
  });

  it("gives padding no part in any loss", () => {
    const [short, long] = [part(0, 2, 0), part(1, 8, 0)];
    const [alone, other, both] = [[short], [long], [short, long]].map((sequences) =>
      losses(batchOf(data.checkIns, sequences, options)),
    );
    const asked = [3, 9]; // questions of each
    both!.forEach((loss, at) => {
      expect(loss).toBeCloseTo((asked[0]! * alone![at]! + asked[1]! * other![at]!) / (asked[0]! + asked[1]!), 5);
    });
  });

  it("attends over time and never over the batch: neither later check-ins nor other trajectories matter", () => {
    const question = part(3, 4, 4); // asked once, after 4 check-ins
    const alone = losses(batchOf(data.checkIns, [question], options));
    // The same question within a longer trajectory, beside others, and at another place of the batch.
    const longer = part(3, 8, 4); // its first question is the one above
    const batch = batchOf(data.checkIns, [part(7, 8, 9), longer, part(5, 6, 7)], options);
    const kept: Batch = { tokens: batch.tokens, asks: firstAsks(batch, 1), answers: firstAnswers(batch, 1) };
    losses(kept).forEach((loss, at) => expect(loss).toBeCloseTo(alone[at]!, 5));
    // Earlier check-ins do matter.
    const changed = planted.train.items.slice();
    changed[question.from] = (changed[question.from]! + 1) % 20;
    const other = { ...data.checkIns, places: changed };
    expect(losses(batchOf(other, [question], { ...options, visits: 0 }))[1]).not.toBeCloseTo(alone[1], 5);
  });

  it("scores by kernels as on the tape", () => {
    const sequences = [part(0, 3, 3), part(1, 8, 8), part(2, 0, 0), part(4, 5, 5)];
    const [place] = losses(batchOf(data.checkIns, sequences, options));
    const model = fittedModel(planted.train, { name: "seaget", config }, data, network, parameters, 1);
    const { items, times } = planted.train;
    const queries = queryBatch(
      sequences.map(({ user, first, from, to, now }) => ({
        user,
        items: items.subarray(first, to),
        times: times.subarray(first, to),
        sessionStart: from - first,
        now,
      })),
    );
    const scores = model.score(queries);
    const logs = sequences.map(({ to }, b) => scores[b * 20 + items[to]!]!);
    expect(-logs.reduce((sum, log) => sum + log, 0) / logs.length).toBeCloseTo(place, 4);
  });
});

function firstAsks(batch: Batch, count: number): Batch["asks"] {
  const { asks } = batch;
  return {
    tokens: asks.tokens.slice(0, count),
    lastPlaces: asks.lastPlaces.slice(0, count),
    gaps: asks.gaps.slice(0, count),
    gapClasses: asks.gapClasses.slice(0, count),
    visitOffsets: asks.visitOffsets.slice(0, count + 1),
    visitPlaces: asks.visitPlaces.slice(0, asks.visitOffsets[count]),
    visitFeatures: asks.visitFeatures.slice(0, asks.visitOffsets[count]! * 32),
  };
}

function firstAnswers({ answers }: Batch, count: number): Batch["answers"] {
  return {
    places: answers.places.slice(0, count),
    dayTimes: answers.dayTimes.slice(0, count),
    categories: answers.categories.slice(0, count),
  };
}
