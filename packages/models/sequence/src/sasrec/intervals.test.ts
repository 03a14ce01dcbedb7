import { idTable, interactionsFrom, parseConfig, queryBatch, Random, type Query } from "@sequitur/core";
import { closeSequitur, Parameters, selectBackend, tf, trainingPass } from "@sequitur/nn";
import { encodeArtifact } from "@sequitur/recommender";
import { beforeAll, describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import { intervalOf, intervalsOf } from "../intervals.js";
import type { SequenceModel } from "../serving/sequence-model.js";
import type { SequenceBatch } from "../training/batches.js";
import { sasrecConfig } from "./config.js";
import { sasrecNetwork } from "./network.js";
import { sasrec } from "./sasrec.js";

const ITEMS = 12;
const [SOON, LATE] = [10_000, 86_400_000];

/** Users whose next item is one further after a short pause, and three further after a long one. */
function pausing(users: number, length: number, seed: string) {
  const random = new Random(seed);
  return Array.from({ length: users }, () => {
    const items = [random.integer(ITEMS)];
    const times = [0];
    for (let pause = LATE; items.length < length;) {
      items.push((items.at(-1)! + (pause === SOON ? 1 : 3)) % ITEMS);
      pause = random.uniform() < 0.5 ? SOON : LATE;
      times.push(times.at(-1)! + pause);
    }
    return { items, times };
  });
}

describe("intervals", () => {
  const histories = pausing(80, 12, "train");
  const flat = histories.flatMap(({ items, times }, user) =>
    items.map((item, at) => ({ user, item, time: times[at]! })),
  );
  const names = (letter: string, size: number): string[] => Array.from({ length: size }, (_, at) => `${letter}${at}`);
  const train = interactionsFrom(
    { users: idTable(names("u", 80)), items: idTable(names("i", ITEMS)), itemColumns: {} },
    {
      users: Int32Array.from(flat, ({ user }) => user),
      items: Int32Array.from(flat, ({ item }) => item),
      times: Float64Array.from(flat, ({ time }) => time),
    },
  );
  const asked = pausing(100, 9, "test");
  const questions: Query[] = asked.map(({ items, times }) => ({ items: items.slice(0, 8), times: times.slice(0, 8) }));
  const hits = (model: SequenceModel): number => {
    const scores = model.score(queryBatch(questions));
    const best = asked.map((_, query) => {
      const row = scores.subarray(query * ITEMS, (query + 1) * ITEMS);
      return row.indexOf(Math.max(...row));
    });
    return best.filter((item, query) => item === asked[query]!.items[8]).length / asked.length;
  };
  let model: SequenceModel;
  beforeAll(async () => {
    model = await fitted("sasrec", train, { intervals: true, epochs: 20 });
  });

  it("teach what depends on them, which a model without them cannot know", async () => {
    expect(hits(model)).toBeGreaterThan(0.9);
    expect(hits(await fitted("sasrec", train, { epochs: 20 }))).toBeLessThan(0.7);
  });

  it("come with a session's events, to the bits of the full pass, also once its window moves", () => {
    const [{ items, times }] = pausing(1, 14, "session") as [{ items: number[]; times: number[] }];
    const session = model.session(items.slice(0, 3), times.slice(0, 3));
    for (let at = 3; at < items.length; at++) {
      session.append(items[at]!, times[at]);
      const query = { items: items.slice(0, at + 1), times: times.slice(0, at + 1) };
      expect(session.scores()).toEqual(model.score(queryBatch([query])));
    }
    session.close();
    expect(() => model.session([1, 2], [5])).toThrow("needs as many times, got 1");
  });

  it("are stored with the model", () => {
    const saved = model.save();
    const loaded = sasrec.load(saved);
    expect(encodeArtifact(loaded.save())).toEqual(encodeArtifact(saved));
    expect(hits(loaded)).toBe(hits(model));
  });

  it("of later items do not reach earlier states, those of earlier items do", async () => {
    await selectBackend("sequitur", { threads: 1 });
    const parameters = new Parameters(new Random(1));
    const config = { width: 8, dropout: 0, intervals: true, maxLength: 4 };
    const network = sasrecNetwork(parameters, new Int32Array(ITEMS), parseConfig(sasrecConfig, config, "test"));
    const table = parameters.get("intervals.table").variable;
    table.assign(tf.randomNormal(table.shape, 0, 1, "float32", 7));
    const states = (...intervals: number[]): Float32Array => {
      const inputs = Int32Array.of(1, 2, 3, 4);
      const batch: SequenceBatch = {
        size: 1,
        length: 4,
        inputs,
        targets: inputs,
        negatives: new Int32Array(0),
        intervals: Int32Array.from(intervals),
      };
      let read: Float32Array = new Float32Array(0);
      const keep = (of: tf.Tensor2D): tf.Scalar => {
        read = of.dataSync() as Float32Array;
        return tf.scalar(0);
      };
      tf.tidy(() => void network.loss(batch, trainingPass(new Random(1)), ({ states: of }) => keep(of)));
      return read;
    };
    const [one, other] = [states(0, 5, 9, 3), states(0, 5, 30, 3)];
    expect(other.slice(0, 16)).toEqual(one.slice(0, 16));
    expect(other.slice(16, 24)).not.toEqual(one.slice(16, 24));
    expect(other.slice(24)).not.toEqual(one.slice(24));
    parameters.dispose();
    await closeSequitur();
  });

  it("are powers of two of a second, and 0 for the first", () => {
    expect([...intervalsOf([5000, 5000, 5999, 6999, 8999, 8000])]).toEqual([0, 1, 1, 2, 2, 1]);
    expect(intervalOf(1e15, 0)).toBe(32);
    expect(intervalOf(3600_000, 0)).toBe(12);
  });
});
