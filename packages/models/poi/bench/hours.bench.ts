/**
 * Robustness of the opening-hours filter: what share of the true check-ins each source of hours forbids, and what each
 * form of the filter gains or loses, from one fit a data set (the filter acts when scoring only). The generated city has
 * true hours; Foursquare NYC has none, so that its categories' are learned there. Writes bench/results/hours.json.
 */
import { loadNow, table, writeResults } from "@sequitur/config/measure";
import { listOf, parseConfig, Random, sliceQueries, type Interactions } from "@sequitur/core";
import {
  cityConfigSchema,
  generateCity,
  splitConfigSchema,
  splitInteractions,
  type EvaluationSet,
  type Split,
} from "@sequitur/data";
import type { Artifact } from "@sequitur/recommender";
import { parseArgs } from "node:util";
import { fitHours, hoursAgreement, hoursTensors, seaget, type PoiModel } from "../src/index.js";
import { nycSplit } from "../verify/nyc.js";

const { values: options } = parseArgs({
  options: { epochs: { type: "string", default: "4" }, size: { type: "string", default: "small" } },
});
const FORMS = [
  { form: "off", penalty: 2 },
  { form: "soft", penalty: 0.5 },
  { form: "soft", penalty: 1 },
  { form: "soft", penalty: 2 },
  { form: "soft", penalty: 4 },
  { form: "hard", penalty: 2 },
] as const;

interface Row {
  readonly data: string;
  readonly hours: string;
  /** Of the test check-ins, at their true time. */
  readonly forbiddenShare: number;
  readonly form: string;
  readonly acc1: number;
  readonly acc10: number;
  readonly mrr: number;
}

/** Acc@1, Acc@10 and MRR of the first target of each query over all places. */
function measured(model: PoiModel, set: EvaluationSet): Pick<Row, "acc1" | "acc10" | "mrr"> {
  const size = model.catalog.items.size;
  let [first, ten, reciprocal] = [0, 0, 0];
  for (let from = 0; from < set.queries.size; from += 200) {
    const to = Math.min(set.queries.size, from + 200);
    const scores = model.score(sliceQueries(set.queries, from, to));
    for (let b = from; b < to; b++) {
      const row = scores.subarray((b - from) * size, (b - from + 1) * size);
      const own = row[listOf(set.targets, b)[0]!]!;
      let rank = 1;
      for (const score of row) if (score > own) rank++;
      if (rank === 1) first++;
      if (rank <= 10) ten++;
      reciprocal += 1 / rank;
    }
  }
  const round = (sum: number): number => Number((sum / set.queries.size).toFixed(4));
  return { acc1: round(first), acc10: round(ten), mrr: round(reciprocal) };
}

/** The same weights with other hours and another form of the filter. */
function withHours(artifact: Artifact, train: Interactions, hours: object): PoiModel {
  const config = parseConfig(seaget.config, { ...(artifact.config as object), hours }, "bench");
  const tensors = new Map([...artifact.tensors].filter(([name]) => !name.startsWith("hours.")));
  for (const [name, tensor] of hoursTensors(fitHours(train, config.hours))) tensors.set(name, tensor);
  return seaget.load({ ...artifact, config, tensors });
}

async function rows(data: string, { train, test }: Split, sources: Record<string, object>): Promise<Row[]> {
  const config = parseConfig(seaget.config, { epochs: Number(options.epochs) }, "bench");
  const artifact = (await seaget.fit(train, config, { random: new Random(1), threads: 1 })).save();
  const { queries, targets } = test;
  const items = Int32Array.from({ length: queries.size }, (_, b) => listOf(targets, b)[0]!);
  const visits = Array.from(items, (_, b) => ({
    instant: queries.now[b]!,
    utcOffsetMinutes: queries.utcOffsetMinutes?.[b] ?? 0,
  }));
  return Object.entries(sources).flatMap(([hours, own]) =>
    FORMS.map(({ form, penalty }) => {
      const model = withHours(artifact, train, { ...own, form, penalty });
      const compiled = fitHours(train, parseConfig(seaget.config, { hours: own }, "bench").hours);
      const forbidden = hoursAgreement(compiled, items, visits).closedShare;
      const row = {
        data,
        hours,
        forbiddenShare: Number(forbidden.toFixed(4)),
        form: form === "soft" ? `soft ${penalty}` : form,
        ...measured(model, test),
      };
      model.release();
      return row;
    }),
  );
}

async function main(): Promise<void> {
  const load = loadNow();
  const city = await generateCity(cityConfigSchema.parse({ size: options.size }));
  const temporal = { kind: "temporal", validationFrom: 0.8, testFrom: 0.9, ask: "each", sessionGapHours: 24 };
  const all = await rows("city", splitInteractions(city.interactions, splitConfigSchema.parse(temporal)), { true: {} });
  const nyc = await nycSplit();
  if (nyc !== undefined) {
    const learned = [0.02, 0.1].map((share) => [`learned ${share}`, { learnedShare: share }]);
    all.push(...(await rows("foursquare-nyc", nyc, Object.fromEntries(learned) as Record<string, object>)));
  }
  const note = writeResults(import.meta.url, "hours", load, { epochs: Number(options.epochs), forms: all });
  process.stdout.write(`${table(all)}\n\n${note}\n`);
}

await main();
