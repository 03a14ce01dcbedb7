import { NONE, throwIfCancelled, type Catalog, type QueryBatch } from "@sequitur/core";
import {
  type Artifact,
  artifactConfig,
  artifactTensor,
  loadSparse,
  type Model,
  type Recommender,
  type SparseRows,
  sparseTensors,
  withSignals,
  inputsWhere,
} from "@sequitur/recommender";
import { z } from "zod";
import { lastItem } from "./history.js";
import { addTransitions, isFresh, itemTransitions, timesLeft } from "./markov.js";
import { addOwnVisits, loadOwnVisits, ownVisitsOf, ownVisitsTensors, type OwnVisits } from "./own-visits.js";
import { itemShares } from "./item-weights.js";
import { commonestOffset } from "./popularity.js";
import { scoreRows } from "./score-rows.js";

export const personalConfig = z.strictObject({
  nextTime: z
    .enum(["given", "predicted"])
    .default("predicted")
    .describe(
      "given: the question's instant is when the next visit comes, and hours are compared; predicted: not read",
    ),
  visitHalfLifeDays: z
    .number()
    .positive()
    .nullable()
    .default(60)
    .describe("days after which a visit of the user's own counts half; null: all count the same"),
  hourWidth: z
    .number()
    .positive()
    .nullable()
    .default(1.4)
    .describe("hours, standard deviation of the likeness of two clocks, when nextTime is given; null: not compared"),
  hourFloor: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe("what a visit at the opposite hour of the day still counts, when nextTime is given"),
  otherDayWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("what a visit on the other kind of day, weekend or weekday, counts, when nextTime is given"),
  ownTransitionWeight: z
    .number()
    .min(0)
    .max(1000)
    .default(10)
    .describe("a visit of the user's own that came right after the present place counts 1 + this much"),
  markovWeight: z
    .number()
    .min(0)
    .max(100)
    .default(0.1)
    .describe("weight of P(item | last item) beside the user's share"),
  popularityWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe("weight of the item's overall share: orders what neither the user nor the last item knows"),
  countHistory: z
    .boolean()
    .default(true)
    .describe("count also what a known user's history holds from after the user's last training interaction"),
  sessionGapHours: z
    .number()
    .positive()
    .nullable()
    .default(24)
    .describe(
      "hours; visits further apart are no transition, nor is a question that long after, when given; null: no limit",
    )
    .meta({ formerly: ["maxGapHours"] }),
  withinSession: z.boolean().default(false).describe("count no transition from one session of the source to the next"),
});
export type PersonalConfig = z.infer<typeof personalConfig>;

/** What a fit leaves: the users' visits, (N, N) transitions, (N) shares, the clock of most visits. */
interface Fitted {
  readonly visits: OwnVisits;
  readonly transitions: SparseRows;
  readonly shares: Float32Array;
  readonly usualOffset: number;
}

/**
 * The user's own visits, weighted by how alike each is to the question, blended with first-order transitions:
 * score(j) = K_uj / K_u + markovWeight n_ij / n_i + popularityWeight P(j), with K the kernel of `addOwnVisits` and i the
 * last item of the history. A user without training interactions is known from the history alone. With all factors of
 * the kernel switched off, K_uj / K_u is the user's frequency n_uj / n_u.
 */
export const personal: Recommender<PersonalConfig> = withSignals(
  { positive: "weighs", negative: "ignores" },
  {
    name: "personal",
    config: personalConfig,
    search: {
      markovWeight: { kind: "number", min: 0.01, max: 10, log: true },
      popularityWeight: { kind: "number", min: 1e-5, max: 0.1, log: true },
      visitHalfLifeDays: { kind: "number", min: 3, max: 1000, log: true },
      hourWidth: { kind: "number", min: 0.3, max: 6, log: true },
      hourFloor: { kind: "number", min: 0.001, max: 0.5, log: true },
      otherDayWeight: { kind: "number", min: 0.05, max: 1 },
      ownTransitionWeight: { kind: "number", min: 0.1, max: 100, log: true },
      sessionGapHours: { kind: "number", min: 1, max: 1000, log: true },
    },
    reads: ({ nextTime }) =>
      inputsWhere({ "own-history": true, "validation-item": true, "answer-time": nextTime === "given", times: true }),
    async fit(train, config, run) {
      throwIfCancelled(run.signal);
      const usualOffset = commonestOffset(train);
      return personalModel(train.catalog, config, {
        visits: ownVisitsOf(train, usualOffset),
        transitions: itemTransitions(train, { ...config, halfLifeDays: null }, "personal"),
        shares: itemShares(train),
        usualOffset,
      });
    },
    load(artifact) {
      const config = artifactConfig(artifact, "personal", personalConfig);
      const { items } = artifact.catalog;
      return personalModel(artifact.catalog, config, {
        visits: loadOwnVisits(artifact),
        transitions: loadSparse(artifact, "transitions", items.size, items.size),
        shares: artifactTensor(artifact, "shares", Float32Array, [items.size]),
        usualOffset: artifactTensor(artifact, "utc-offset-minutes", Int16Array, [1])[0]!,
      });
    },
  },
);

function personalModel(catalog: Catalog, config: PersonalConfig, fitted: Fitted): Model {
  const size = catalog.items.size;
  const { visits, transitions, shares, usualOffset } = fitted;
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array =>
    scoreRows(batch, size, candidates, (row, b) => {
      for (let item = 0; item < size; item++) row[item] = config.popularityWeight * shares[item]!;
      const place = isPresent(batch, b, config) ? lastItem(batch, b, size) : NONE;
      addOwnVisits(row, batch, b, visits, config, { place, usualOffset });
      const left = place === NONE ? 0 : timesLeft(transitions, place);
      if (left > 0) addTransitions(row, transitions, place, config.markovWeight / left);
    });
  const save = (): Artifact => ({
    model: "personal",
    config,
    catalog,
    tensors: new Map([
      ...ownVisitsTensors(visits),
      ...sparseTensors("transitions", transitions),
      ["shares", { shape: [size], data: shares }],
      ["utc-offset-minutes", { shape: [1], data: Int16Array.of(usualOffset) }],
    ]),
  });
  return { name: "personal", catalog, score, save };
}

/** Whether the next visit can follow from the last one; without the next instant, whether the session goes on. */
function isPresent(batch: QueryBatch, query: number, config: PersonalConfig): boolean {
  if (config.nextTime === "given") return isFresh(batch, query, config);
  return batch.sessionStarts[query]! < batch.offsets[query + 1]!;
}
