import {
  interactionsFrom,
  itemCounts,
  itemTexts,
  idTable,
  listOf,
  queryBatch,
  Random,
  type Interactions,
} from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { EVALUATION, GradientSum, Parameters, selectBackend, tf, Weights } from "@sequitur/nn";
import { recommend, type Model, itemWords } from "@sequitur/recommender";
import { plantedSequences } from "@sequitur/recommender/conforms";
import { beforeAll, describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import { sasrecEncoder } from "../sasrec/encoder.js";
import { causalEncoder } from "../sasrec/network.js";
import { liteLlm4recConfig, type LiteLlm4recConfig } from "./config.js";
import { encodeTexts } from "./encode-texts.js";
import { itemLm } from "./item-lm.js";
import type { LiteLlm4recModel } from "./lite-model.js";
import { localItems } from "./local-items.js";
import { liteNetwork } from "./network.js";
import { titled } from "./titled.fixture.js";

const WORDS = ["red", "green", "blue", "old", "new"];
const title = (item: number): string => `${WORDS[item % 5]} ${WORDS[Math.floor(item / 5) % 5]} thing ${item % 3}`;
const planted = plantedSequences(new Random("properties"), { users: 40, items: 20, length: 12 });
const train = titled(planted.train, title);
const texts = itemTexts(train.catalog);
const fit = async (extra: Record<string, unknown> = {}, data: Interactions = train): Promise<LiteLlm4recModel> =>
  (await fitted("lite-llm4rec", data, { epochs: 2, dropout: 0.1, ...extra })) as LiteLlm4recModel;

const LM = {
  textWidth: 8,
  textLayers: 2,
  textHeads: 2,
  textHidden: 16,
  maxTokens: 12,
  activation: "gelu",
  pooling: "mean",
  dropout: 0,
} as const;
const TOKENS = [[1, 2, 3], [4], [], [5, 6, 7, 8, 9, 1, 2, 3, 4, 5], [1, 2, 3]].map((tokens) => Int32Array.from(tokens));

function close(got: Float32Array, want: ArrayLike<number>, tolerance: number): void {
  expect(got).toHaveLength(want.length);
  const worst = got.reduce((most, value, at) => Math.max(most, Math.abs(value - want[at]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}

describe("the testable properties of Lite-LLM4Rec", () => {
  beforeAll(() => selectBackend("sequitur", { threads: 1 }));

  it("1: an item's vector depends on its own text only", async () => {
    const model = await fit({ itemId: false });
    const before = model.encode(texts);
    const after = model.encode(texts.map((text, item) => (item === 7 ? "title: blue blue" : text)));
    const changed = texts.map((_, item) =>
      before.subarray(item * 16, (item + 1) * 16).some((value, i) => value !== after[item * 16 + i]),
    );
    expect(changed.flatMap((differs, item) => (differs ? [item] : []))).toEqual([7]);
  });

  it.each([
    { startLength: 1 },
    { startLength: 0.2 },
    { startLength: 0.2, itemId: false },
    { startLength: 0.2, training: "joint" },
  ])(
    "starts with vectors of about the start length, and where ids are beside kept texts with these alone: %j",
    ({ startLength, ...keys }) => {
      const [width, from, size] = [16, 32, 400];
      const parameters = new Parameters(new Random(1));
      const config = liteLlm4recConfig.parse({ width, hidden: 32, startLength, ...keys });
      liteNetwork(parameters, new Int32Array(size), config, { width: from, of: () => tf.zeros([1, from]) });
      const squares = (name: string): number =>
        parameters
          .get(name)
          .variable.dataSync<"float32">()
          .reduce((sum, value) => sum + value * value, 0);
      // Of inputs of unit variance, the sum of the squared weights is the mean squared length.
      const text = Math.sqrt(squares("text.projection.weight"));
      const id = config.itemId ? Math.sqrt(squares("ids.table") / size) : 0;
      expect(id / startLength).toBeCloseTo(config.itemId ? 1 : 0, 1);
      expect(text / startLength).toBeCloseTo(config.itemId && config.training === "staged" ? 0 : 1, 1);
      parameters.dispose();
    },
  );

  it.each(["mean", "last"] as const)(
    "2: encoding distinct items once and gathering equals encoding each occurrence, gradients too (%s)",
    (pooling) => {
      const parameters = new Parameters(new Random(3));
      const lm = itemLm(parameters.scope("text"), new Float32Array(10).fill(1), { ...LM, pooling });
      const occurrences = [3, 0, 1, 0, 2, 3, 0];
      const goal = tf.tensor2d(occurrences.map((_, row) => Array.from({ length: 8 }, (_, i) => Math.sin(row + 3 * i))));
      const runs = [
        () => tf.gather(lm(TOKENS, EVALUATION), tf.tensor1d(occurrences, "int32")),
        () =>
          lm(
            occurrences.map((item) => TOKENS[item]!),
            EVALUATION,
          ),
      ].map((vectors) => {
        const values = tf.tidy(() => vectors().dataSync());
        const sum = new GradientSum(parameters);
        sum.add(() => tf.sum(tf.mul(vectors(), goal)));
        return { values: Float32Array.from(values), gradients: sum.finish().dense };
      });
      const [once, each] = runs as [(typeof runs)[0], (typeof runs)[0]];
      close(once.values, each.values, 1e-5);
      expect(once.gradients.size).toBeGreaterThan(20);
      for (const [name, gradient] of once.gradients) {
        close(gradient.dataSync<"float32">(), each.gradients.get(name)!.dataSync(), 1e-4);
      }
      // Kernel calls give what the training network gives, and neither padding nor neighbours in a batch change it.
      const weights = new Weights(engineFor(1), parameters.snapshot());
      const all = tf.tidy(() => Float32Array.from(lm(TOKENS, EVALUATION).dataSync()));
      close(encodeTexts(weights, { ...LM, pooling }, TOKENS), all, 1e-5);
      expect([...all.subarray(16, 24)]).toEqual(Array<number>(8).fill(0));
      expect(all.subarray(32, 40)).toEqual(all.subarray(0, 8));
      weights.release();
      parameters.dispose();
    },
  );

  it.each([{ itemId: true }, { itemId: false, training: "joint" }, { head: "free" }, { textMatch: 4 }])(
    "3: cached and uncached vectors give the same lists, with %j",
    async (extra) => {
      const model = await fit(extra);
      const uncached = model.uncached(texts);
      const [a, b] = [recommend(model, planted.queries, { k: 10 }), recommend(uncached, planted.queries, { k: 10 })];
      expect(a.items).toEqual(b.items);
      close(a.scores, b.scores, 1e-5);
    },
  );

  it("4: one pass of the Recommendation LM a request, whatever k and the number of candidates", async () => {
    const model = await fit();
    const passesOf = (ask: () => unknown): number => {
      const before = model.work.passes;
      ask();
      return model.work.passes - before;
    };
    const one = queryBatch([{ items: [1, 2, 3] }]);
    for (const k of [1, 5, 20]) expect(passesOf(() => recommend(model, one, { k }))).toBe(1);
    expect(passesOf(() => model.score(one, Int32Array.of(3)))).toBe(1);
  });

  it.each([
    ["tied", 0],
    ["tied", 4],
    ["free", 0],
  ])(
    "5: the ranking is that of W z + b over every item (%s head, weight of alike texts %d)",
    async (head, textMatch) => {
      const model = await fit({ head, textMatch });
      const { tensors } = model.save();
      const config = model.save().config as LiteLlm4recConfig;
      const [text, own] = [tensors.get("items.text")!.data, tensors.get("items.id")!.data];
      const table = Float32Array.from(text, (value, at) => value + own[at]!);
      const held = new Map(
        [...tensors]
          .filter(([name]) => name.startsWith("encoder."))
          .concat([["items.table", { shape: [20, 16], data: table }]]),
      );
      const engine = engineFor(1);
      const encoder = sasrecEncoder(new Weights(engine, held), config);
      const [state, items] = [engine.memory.floats(16), engine.memory.intsFrom([4, 9, 2])];
      encoder.encode(state, items, 1, 3);
      const scoring = head === "tied" ? table : tensors.get("output.table")!.data;
      const bias = tensors.get("output.bias")!.data;
      const counts = itemCounts(train);
      const words = await itemWords(train.catalog, { termFrequency: "log", maxShare: 1 }, {});
      const row = (item: number): Map<number, number> => {
        const [from, to] = [words.offsets[item]!, words.offsets[item + 1]!];
        return new Map(Array.from(words.columns.subarray(from, to), (word, at) => [word, words.values[from + at]!]));
      };
      const profile = new Map<number, number>();
      for (const [read, weight] of [
        [2, 1],
        [9, 0.6],
        [4, 0.36],
      ] as const) {
        for (const [word, value] of row(read)) profile.set(word, (profile.get(word) ?? 0) + weight * value);
      }
      const length = Math.hypot(...profile.values());
      const scores = Array.from(bias, (b, item) => {
        const alike = [...row(item)].reduce((sum, [word, value]) => sum + value * (profile.get(word) ?? 0), 0) / length;
        const fromTexts = (15 / (15 + counts[item]!)) * alike;
        return state.array.reduce((sum, z, i) => sum + z * scoring[item * 16 + i]!, b + textMatch * fromTexts);
      });
      const want = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, 7);
      expect([...recommend(model, queryBatch([{ items: [4, 9, 2] }]), { k: 7 }).items]).toEqual(want);
    },
  );

  it.each([{}, { head: "free" }, { training: "joint", itemId: false }])(
    "6: the softmax sums to 1, and the loss of an untrained network is near ln N, with %j",
    async (extra) => {
      const losses: number[] = [];
      const model = await fitted(
        "lite-llm4rec",
        train,
        { ...extra, epochs: 1, learningRate: 1e-6, textLearningRate: 1e-6 },
        { report: ({ task, values }) => void (task === "fit lite-llm4rec" && losses.push(values!["loss"]!)) },
      );
      // Scores of unit variance add half a nat, those of a free head, which starts small, next to nothing.
      const above = losses.at(-1)! - Math.log(20);
      expect(above).toBeGreaterThan(-0.1);
      expect(above).toBeLessThan("head" in extra ? 0.1 : 0.8);
      const scores = model.score(queryBatch([{ items: [1, 2] }]));
      const top = Math.max(...scores);
      const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
      expect(scores.reduce((sum, score) => sum + Math.exp(score - top) / total, 0)).toBeCloseTo(1, 10);
    },
  );

  it("7: a state knows nothing of later items, nor of padding", () => {
    const parameters = new Parameters(new Random(4));
    const config = { width: 8, maxLength: 6, dropout: 0, layers: 2, heads: 2, hidden: 8, activation: "gelu" } as const;
    const encode = causalEncoder(parameters, { ...config, positions: "learned" });
    const vectors = (length: number, edited: number): number[][] =>
      Array.from({ length }, (_, at) =>
        Array.from({ length: 8 }, (_, i) => Math.cos(at * 8 + i) + (at >= edited ? 1 : 0)),
      );
    const states = (rows: number[][]): Float32Array =>
      tf.tidy(() => Float32Array.from(encode(tf.tensor3d([rows]), EVALUATION).dataSync()));
    const whole = states(vectors(6, 6));
    for (const length of [1, 3, 5]) {
      close(states(vectors(6, length)).subarray(0, length * 8), whole.subarray(0, length * 8), 1e-6);
      close(states(vectors(length, 6)), whole.subarray(0, length * 8), 1e-6);
    }
    expect(states(vectors(6, 3)).subarray(40)).not.toEqual(whole.subarray(40));
    parameters.dispose();
  });

  it("8: an item that comes again costs a position, and no token", async () => {
    const model = await fit();
    const uncached = model.uncached(texts);
    const costOf = (items: number[]): { tokens: number } => {
      const before = model.work.tokens;
      uncached.score(queryBatch([{ items }]));
      return { tokens: model.work.tokens - before };
    };
    expect(costOf([3, 5, 3, 3])).toEqual(costOf([3, 5]));
    const batch = { size: 1, length: 4, inputs: Int32Array.of(9, 4, 9, -1), targets: Int32Array.of(4, 9, 2, -1) };
    const local = localItems({ ...batch, negatives: Int32Array.of(7, 4) }, true);
    expect(local).toEqual({
      items: Int32Array.of(2, 4, 7, 9),
      inputs: Int32Array.of(3, 1, 3, -1),
      targets: Int32Array.of(1, 3, 0, -1),
      negatives: Int32Array.of(2, 1),
    });
  });

  it("9: items of one text tie under a tied head; a free head tells them apart", async () => {
    const twins = titled(planted.train, (item) => title(item === 12 ? 4 : item));
    const scoresOf = async (head: string): Promise<Float32Array> => {
      const model = await fit({ head, itemId: false, loss: "sampled-softmax" }, twins);
      return model.score(queryBatch([{ items: [1, 2] }]));
    };
    const [tied, free] = [await scoresOf("tied"), await scoresOf("free")];
    expect(tied[12]).toBe(tied[4]);
    expect(tied[3]).not.toBe(tied[4]);
    expect(free[12]).not.toBe(free[4]);
  });

  it.each(["staged", "joint"])("10: learns 20 users by heart (%s)", async (training) => {
    const random = new Random("by heart");
    const histories = Array.from({ length: 20 }, (_, user) => [
      user,
      ...Array.from({ length: 9 }, () => random.integer(40)),
    ]);
    const data = titled(
      fromHistories(histories, 40),
      (item) => `${WORDS[item % 5]} ${WORDS[Math.floor(item / 5) % 5]} ${item}`,
    );
    const model = await fit(
      { training, epochs: 60, batchSize: 60, dropout: 0, idDropout: 0, width: 32, maxLength: 10, learningRate: 0.01 },
      data,
    );
    expect(trainingRecall(model, histories)).toBe(1);
  });

  it("11: a request reads n positions and no token while the vectors are kept", async () => {
    const model = await fit();
    for (const items of [[3], [3, 5, 3], [1, 2, 3, 4, 5, 6]]) {
      const { positions, tokens } = model.work;
      model.score(queryBatch([{ items }]));
      expect(model.work.positions - positions).toBe(items.length);
      expect(model.work.tokens - tokens).toBe(0);
    }
  });
});

function fromHistories(histories: readonly number[][], size: number): Interactions {
  const catalog = {
    users: idTable(histories.map((_, user) => `u${user}`)),
    items: idTable(Array.from({ length: size }, (_, item) => `i${item}`)),
    itemColumns: {},
  };
  const items = Int32Array.from(histories.flat());
  const users = Int32Array.from(histories.flatMap((history, user) => history.map(() => user)));
  return interactionsFrom(catalog, { users, items, times: Float64Array.from(items, (_, at) => at) });
}

/** The share of all next items in the histories that come first after what stands before them. */
function trainingRecall(model: Model, histories: readonly number[][]): number {
  const asked = histories.flatMap((history) => history.slice(1).map((_, at) => history.slice(0, at + 1)));
  const answers = histories.flatMap((history) => history.slice(1));
  const ranking = recommend(model, queryBatch(asked.map((items) => ({ items }))), { k: 1 });
  return answers.filter((answer, query) => listOf(ranking, query)[0] === answer).length / answers.length;
}
