import { Random } from "@sequitur/core";
import {
  REPORT_FORMAT,
  type Measure,
  type ModelComparison,
  type MapPlace,
  type ModelReport,
  type PlaceMap,
  type Report,
} from "../report.js";

const CUTOFFS = [5, 10, 20];
const METRICS = ["ndcg", "recall", "mrr"];
const QUERIES = 943;

/** Name, NDCG@10 and seconds to fit, near what the models reach on MovieLens-100K. */
const COMPETITORS: readonly (readonly [string, number, number])[] = [
  ["sasrec", 0.0938, 812],
  ["ease", 0.0698, 0.31],
  ["item-knn", 0.0619, 0.28],
  ["session-knn", 0.0587, 0.11],
  ["markov", 0.0521, 0.05],
  ["popularity", 0.045, 0.01],
  ["popularity-recent", 0.0441, 0.01],
];

/** A report such as an experiment with an oracle, a search, training curves and a failure gives; for tests and drafts. */
export function reportFixture(changes: Partial<Report> = {}): Report {
  const random = new Random("report-fixture");
  const oracle = modelFixture(random, "oracle", 0.1432, 0, { role: "ceiling" });
  const models = COMPETITORS.map(([label, value, seconds], i) =>
    modelFixture(random, label, value, seconds, {
      ...(label === "sasrec" && { runs: [curvedRun()] }),
      ...(label === "ease" && { tuning: tuningFixture(), config: { regularization: 250 } }),
      comparisons: {
        best: i === 0 ? [] : comparisons("sasrec", value - 0.0938, i > 1),
        baseline: label === "popularity" ? [] : comparisons("popularity", value - 0.045, i < 4),
      },
    }),
  );
  const failed: ModelReport = {
    ...modelFixture(random, "gru4rec", 0, 0, {}),
    error: "diverged: the loss became NaN at step 40.",
    runs: [],
    metrics: {},
    lists: {},
    pooled: [],
    breakdowns: [],
  };
  return { ...frameFixture(), models: [oracle, ...models, failed], ...changes };
}

/** Two users in a city of four squares. */
function mapFixture(): PlaceMap {
  const place = (name: string, north: number, east: number): MapPlace => ({
    name,
    category: "Drama",
    latitude: 40.7 + north / 100,
    longitude: -74 + east / 100,
  });
  const square = (row: number, column: number, checkIns: number) => ({ row, column, checkIns });
  const [home, office, bar] = [place("Home", 1, 1), place("The office", 4, 2), place("Bar <3", 2, 5)];
  const history = [home, office, home, office].map((past, i) => ({ ...past, inTrip: i > 1 }));
  return {
    bounds: { south: 40.7, north: 40.75, west: -74, east: -73.95 },
    squareKm: 1.4,
    squares: [square(0, 0, 1200), square(1, 1, 1), square(1, 2, 40), square(3, 2, 7)],
    outside: 3,
    checkIns: 1251,
    model: "sasrec",
    examples: [
      { checkIns: 4, history, recommended: [bar, home], truth: bar, rank: 1 },
      { checkIns: 1, history: history.slice(0, 1), recommended: [], truth: office, rank: null },
    ],
  };
}

/** One model with every field filled. */
export function modelFixture(
  random: Random,
  label: string,
  value: number,
  fitSeconds: number,
  changes: Partial<ModelReport>,
): ModelReport {
  return {
    label,
    name: label,
    role: "competitor",
    config: { seed: 1 },
    reads: label === "popularity" ? [] : ["own-history", "validation-item"],
    error: null,
    tuning: null,
    runs: [
      {
        seed: 1,
        timings: { fitSeconds, scoreSeconds: 0.4, rankSeconds: 0.2, usersPerSecond: QUERIES / 0.6 },
        validation: null,
        peakMemoryBytes: 140e6 + value * 4e9,
        curves: [],
        chosen: {},
      },
    ],
    metrics: metricsFixture(value),
    lists: { "coverage@10": value * 4, "gini@10": 0.9 - value, "novelty@10": 8 + value * 20, "popularity@10": 180.4 },
    pooled: [],
    breakdowns: breakdownsFixture(random, value),
    comparisons: { best: [], baseline: [] },
    ...changes,
  };
}

function metricsFixture(value: number): ModelReport["metrics"] {
  const metrics: ModelReport["metrics"] = {};
  for (const k of CUTOFFS) {
    for (const [i, metric] of METRICS.entries()) {
      const mean = value * [1, 1.95, 0.72][i]! * (k / 10) ** [0.4, 0.7, 0.15][i]!;
      metrics[`${metric}@${k}`] = { ...measure(mean), perSeed: [mean], spread: null };
    }
  }
  return metrics;
}

function measure(mean: number, queries = QUERIES): Measure {
  const half = 1.96 * Math.sqrt(Math.max(mean * 0.4, 1e-6) / queries);
  return { mean, low: Math.max(0, mean - half), high: mean + half };
}

function breakdownsFixture(random: Random, value: number): ModelReport["breakdowns"] {
  const groups = (names: readonly string[], slope: number) =>
    names.map((name, i) => {
      const queries = Math.round(QUERIES / (i + 2));
      const mean = value * (1 + slope * (i - names.length / 2)) * (0.9 + 0.2 * random.uniform());
      return { name, queries, metrics: { "ndcg@10": measure(mean, queries), "recall@10": measure(mean * 2, queries) } };
    });
  return [
    { by: "user activity", groups: groups(["1–20 interactions", "21–60", "61–150", "over 150"], -0.15) },
    { by: "item popularity", groups: groups(["head (top 10%)", "middle", "tail (last 50%)"], -0.5) },
    { by: "item known", groups: groups(["warm", "cold"], -0.8) },
    {
      by: "category",
      groups: groups(["Drama", "Comedy", "Action", "Sci-Fi & Fantasy", "Film-Noir", "Children's"], 0.05),
    },
  ];
}

function comparisons(against: string, difference: number, significant: boolean): ModelComparison[] {
  return METRICS.map((metric) => ({
    metric: `${metric}@10`,
    against,
    difference: { mean: difference, low: difference - 0.009, high: difference + 0.009 },
    pRandomisation: significant ? 0.0002 : 0.21,
    pWilcoxon: significant ? 0.0004 : 0.18,
    pHolm: significant ? 0.0012 : 0.63,
    unequal: [],
    significant,
  }));
}

function curvedRun(): ModelReport["runs"][number] {
  const steps = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  return {
    seed: 1,
    timings: { fitSeconds: 812, scoreSeconds: 2.1, rankSeconds: 0.2, usersPerSecond: QUERIES / 2.3 },
    validation: null,
    peakMemoryBytes: 1.24e9,
    curves: [
      {
        task: "fit sasrec",
        unit: "epochs",
        points: steps.map((step) => ({
          step,
          wallMs: step * 90_000,
          values: { loss: 5.2 / step ** 0.3, "ndcg@10": 0.094 * (1 - Math.exp(-step / 2)) },
        })),
      },
    ],
    chosen: { textMatch: 6 },
  };
}

function tuningFixture(): ModelReport["tuning"] {
  const values = [0.071, 0.0742, 0.0698, null, 0.0735];
  return {
    metric: "ndcg@10",
    budget: 5,
    note: null,
    chosen: 1,
    seconds: 4.2,
    trials: values.map((value, trial) => ({
      trial,
      origin: trial === 0 ? "default" : "random",
      config: { regularization: [250, 410.5, 12.25, 0.001, 700][trial] },
      rungs: [
        { rung: 0, queries: 236, epochs: null, value: value === null ? null : value - 0.003, seconds: 0.2 },
        ...(trial < 2 ? [{ rung: 1, queries: 943, epochs: null, value, seconds: 0.6 }] : []),
      ],
      error: value === null ? "bad-data: the matrix is singular." : null,
    })),
  };
}

function frameFixture(): Omit<Report, "models"> {
  return {
    format: REPORT_FORMAT,
    title: "MovieLens-100K, leave-one-out",
    config: { data: "ml-100k", split: { kind: "leave-one-out" }, models: ["sasrec", "ease"], k: CUTOFFS, seed: 1 },
    data: {
      name: "MovieLens-100K",
      fingerprint: "9f2c1e0b7a55d3e1",
      sourceFingerprint: "77b0a1c2d3e4f506",
      stats: {
        users: 943,
        items: 1682,
        interactions: 100_000,
        density: 0.063,
        perUser: { min: 20, median: 65, max: 737 },
        firstTime: 874_724_710_000,
      },
      notes: ["2 rows with no title."],
    },
    protocol: {
      summary:
        "Leave-one-out: each user's last interaction is the question, all 1,682 items are ranked, items seen before are masked.",
      split: "leave-one-out",
      masked: true,
      maskedBecause: "auto: only 0% of test items had been seen before by the same user",
      rankedItems: 1682,
      leakage: { questions: 1000, withLaterTraining: 0, withOwnLaterTraining: 0, laterShare: 0 },
      ties: "each metric is its mean over all orders of the items with equal scores",
      queries: { test: QUERIES, testUsed: QUERIES, validation: QUERIES, train: 98_114 },
      confidence: 0.95,
      notes: ["gru4rec failed and is listed below the table."],
    },
    mainMetric: "ndcg@10",
    cutoffs: CUTOFFS,
    baseline: "popularity",
    best: "sasrec",
    map: mapFixture(),
    queriesFile: "queries.safetensors",
    environment: {
      commit: "92cb79b1d5c0a7e4f6b2a9d8c7e6f5a4b3c2d1e0",
      node: "v20.20.0",
      machine: "AMD EPYC, 2 cores, 23 GB, linux x64",
      threads: 2,
      concurrency: 1,
    },
    startedAt: "2026-01-02T03:04:05.000Z",
    seconds: 831.4,
  };
}
