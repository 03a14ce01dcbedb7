import {
  listOf,
  NONE,
  parseConfig,
  queryBatch,
  raggedFrom,
  Random,
  sliceQueries,
  type ItemColumns,
  type QueryBatch,
  type Tensor,
} from "@sequitur/core";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeArtifact, encodeArtifact, type Artifact } from "./artifact.js";
import { checkerboard } from "./planted.js";
import { hearsSignals } from "./conforms-signals.js";
import { recommend } from "./recommend.js";
import type { Model, Recommender } from "./recommender.js";

export { checkerboard, hitRate, noise, plantedSequences, type PlantedData, type PlantedSize } from "./planted.js";

export interface ConformsOptions {
  /** Config keys for a quick fit; defaults otherwise. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Config keys for a fit that learns, where the quick one does not: what is asked of signals needs it. */
  readonly learning?: Readonly<Record<string, unknown>>;
  /** Largest difference between two ways to the same score (0: the same bits); for models that score by batches. */
  readonly tolerance?: number;
  /** What is known of the 20 items, for models that read it; nothing otherwise. */
  readonly itemColumns?: ItemColumns;
}

/** The test suite of the `Recommender` contract, run on a 20 x 20 checkerboard whose diagonal is withheld. */
export function conforms<Config>(recommender: Recommender<Config>, options: ConformsOptions = {}): void {
  const { tolerance = 0, itemColumns } = options;
  const config = parseConfig(recommender.config, options.config ?? {}, recommender.name);
  const { train, queries } = checkerboard(itemColumns);
  const size = train.catalog.items.size;
  const fit = async (): Promise<Model> => recommender.fit(train, config, { random: new Random("conforms") });

  describe(`${recommender.name} keeps the Recommender contract`, () => {
    let model: Model;
    let scores: Float32Array;
    beforeAll(async () => {
      model = await fit();
      scores = model.score(queries);
    });

    it("gives one finite or NaN score for each query and item, and its own name and catalogue", () => {
      expect(scores).toBeInstanceOf(Float32Array);
      expect(scores).toHaveLength(queries.size * size);
      expect(scores.some((score) => Number.isFinite(score))).toBe(true);
      expect(scores.every((score) => Number.isFinite(score) || Number.isNaN(score))).toBe(true);
      expect(model.name).toBe(recommender.name);
      expect(model.catalog).toBe(train.catalog);
    });

    it("gives the same scores when asked again, and changes no input", () => {
      const { queries: fresh, train: untouched } = checkerboard(itemColumns);
      expect(model.score(queries)).toEqual(scores);
      expect(queries).toEqual(fresh);
      expect([train.users, train.items, train.times]).toEqual([untouched.users, untouched.items, untouched.times]);
    });

    it("gives equal bits from the same seed", async () => {
      const again = await fit();
      expect(again.score(queries)).toEqual(scores);
      expect(encodeArtifact(again.save())).toEqual(encodeArtifact(model.save()));
    });

    it("scores the same after save, encode, decode and load", () => {
      const artifact = decodeArtifact(encodeArtifact(model.save()), "conforms");
      const loaded = recommender.load(artifact);
      expect(loaded.score(queries)).toEqual(scores);
      expect(loaded.name).toBe(recommender.name);
      expect(loaded.catalog.items.ids).toEqual(train.catalog.items.ids);
      expect(loaded.catalog.users.ids).toEqual(train.catalog.users.ids);
      expect(encodeArtifact(loaded.save())).toEqual(encodeArtifact(model.save()));
    });

    it("scores candidates as columns of the full matrix, in the order asked for", () => {
      for (const candidates of [[13, 2, 7], [19], [], Array.from(Array(size).keys()).reverse()]) {
        const part = model.score(queries, Int32Array.from(candidates));
        expect(part).toHaveLength(queries.size * candidates.length);
        const columns = Array.from({ length: queries.size }, (_, b) =>
          candidates.map((item) => scores[b * size + item]!),
        );
        expectClose(part, columns.flat(), tolerance);
      }
    });

    it("scores a batch as its queries one by one", () => {
      for (let b = 0; b < queries.size; b++) {
        const row = scores.subarray(b * size, (b + 1) * size);
        expectClose(model.score(sliceQueries(queries, b, b + 1)), Array.from(row), tolerance);
      }
      expect(model.score(queryBatch([]))).toHaveLength(0);
    });

    it("recommends short lists when few items are left, and never an excluded one", () => {
      const exclude = raggedFrom(
        Array.from({ length: queries.size }, (_, b) => everyItemBut(size, [b, (b + 1) % size])),
      );
      const ranking = recommend(model, queries, { k: 10, exclude });
      for (let b = 0; b < queries.size; b++) {
        const items = Array.from(listOf(ranking, b));
        expect(items.length).toBeLessThanOrEqual(2);
        expect(items.every((item) => item === b || item === (b + 1) % size)).toBe(true);
      }
      const whole = recommend(model, queries, { k: 10 * size });
      for (let b = 0; b < queries.size; b++) {
        const scored = scores.subarray(b * size, (b + 1) * size).filter((score) => !Number.isNaN(score));
        expect(new Set(listOf(whole, b)).size).toBe(scored.length);
      }
    });

    it.each(oddQueries(train.catalog.users.size, size))("answers $what", ({ batch }) => {
      const odd = model.score(batch);
      expect(odd).toHaveLength(batch.size * size);
      expect(odd.every((score) => Number.isFinite(score) || Number.isNaN(score))).toBe(true);
      expectClose(recommender.load(model.save()).score(batch), Array.from(odd), tolerance);
    });

    it("refuses the artifact of another model", () => {
      const other = { ...model.save(), model: `${recommender.name}-x` };
      expect(() => recommender.load(other)).toThrow(expect.objectContaining({ code: "bad-artifact" }));
    });

    it("refuses an artifact whose tensors are missing, of another type or of another shape", () => {
      const artifact = model.save();
      for (const [name, tensor] of artifact.tensors) {
        for (const broken of [undefined, ofAnotherType(tensor), ofAnotherShape(tensor)]) {
          const load = (): Model => recommender.load(withTensor(artifact, name, broken));
          expect(load, `tensor ${name}`).toThrow(expect.objectContaining({ code: "bad-artifact" }));
        }
      }
    });

    it("refuses an unknown config key, at the fit's edge and in an artifact", () => {
      const wrong = { ...options.config, noSuchKey: 1 };
      expect(() => parseConfig(recommender.config, wrong, "test")).toThrow(/noSuchKey/);
      const artifact = { ...model.save(), config: { ...(config as object), noSuchKey: 1 } };
      expect(() => recommender.load(artifact)).toThrow(/noSuchKey/);
    });

    it("has only search ranges that its own config accepts", () => {
      for (const [key, range] of Object.entries(recommender.search ?? {})) {
        for (const value of range.kind === "choice" ? range.values : [range.min, range.max]) {
          const parsed = parseConfig(recommender.config, { ...options.config, [key]: value }, "test");
          expect((parsed as Record<string, unknown>)[key]).toBe(value);
        }
      }
    });

    it("stops when cancelled", async () => {
      const signal = AbortSignal.abort();
      const cancelled = (async () => recommender.fit(train, config, { random: new Random(1), signal }))();
      await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    });

    const learning = parseConfig(recommender.config, options.learning ?? options.config ?? {}, recommender.name);
    hearsSignals(recommender, learning, { train, queries });
  });
}

/** Queries that a server can meet: nobody known, nothing known, repeats, a session that has just started. */
function oddQueries(userCount: number, itemCount: number): { what: string; batch: QueryBatch }[] {
  const long = Array.from({ length: 500 }, (_, at) => (at * 7) % itemCount);
  return [
    { what: "an unknown user", batch: queryBatch([{ user: NONE, items: [1, 3, 5] }]) },
    { what: "an empty history", batch: queryBatch([{ user: 3, items: [] }]) },
    { what: "an unknown user without history", batch: queryBatch([{ items: [] }]) },
    { what: "repeated items", batch: queryBatch([{ user: userCount - 1, items: [2, 2, 2, 2] }]) },
    { what: "a session that has just started", batch: queryBatch([{ user: 0, items: [0, 2], sessionStart: 2 }]) },
    { what: "a history longer than any seen", batch: queryBatch([{ user: 0, items: long }]) },
    {
      what: "short, empty and long histories at once",
      batch: queryBatch([{ items: [4] }, { items: [] }, { items: long }]),
    },
  ];
}

function everyItemBut(size: number, kept: readonly number[]): number[] {
  return Array.from({ length: size }, (_, item) => item).filter((item) => !kept.includes(item));
}

function expectClose(got: Float32Array, want: readonly number[], tolerance: number): void {
  expect(got).toHaveLength(want.length);
  const wrong = want.findIndex((score, at) => !isClose(got[at]!, Math.fround(score), tolerance));
  expect(wrong, `score ${wrong}: got ${got[wrong]}, want ${want[wrong]}`).toBe(-1);
}

function isClose(got: number, want: number, tolerance: number): boolean {
  return Object.is(got, want) || Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want));
}

function withTensor(artifact: Artifact, name: string, tensor: Tensor | undefined): Artifact {
  const tensors = new Map(artifact.tensors);
  if (tensor === undefined) tensors.delete(name);
  else tensors.set(name, tensor);
  return { ...artifact, tensors };
}

function ofAnotherType({ shape, data }: Tensor): Tensor {
  return { shape, data: data instanceof Uint8Array ? Float32Array.from(data) : new Uint8Array(data.length) };
}

/** One more axis: wrong whatever the sizes are. */
function ofAnotherShape({ shape, data }: Tensor): Tensor {
  return { shape: [...shape, 1], data };
}
