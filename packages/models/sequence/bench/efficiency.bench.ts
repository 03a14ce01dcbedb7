/**
 * What the paper of Lite-LLM4Rec claims, measured: the time of a request under the projection heads and under a generative
 * head that spells item numbers by beam search (beam 20), on one backbone: width 64, 2 blocks, 2 heads, 3,500 items,
 * histories of 50, texts of 13 words. Vectors are kept, or read anew from the texts of a request's items; the last rows read a
 * history as generative models of texts do, as one sequence of all its words, for which repeated items stand in. Seeded random data and one step of
 * training, so only the time means something. Writes bench/results/efficiency.json. `--warm 50 --timed 200` are
 * requests, a tenth of them where one takes long.
 */
import { idTable, interactionsFrom, itemTexts, parseConfig, queryBatch, Random, type QueryBatch } from "@sequitur/core";
import type { Interactions } from "@sequitur/core";
import { recommend, type Model } from "@sequitur/recommender";
import { parseArgs } from "node:util";
import { liteLlm4rec, type LiteLlm4recModel } from "../src/index.js";
import { loadNow, quantile, table, writeResults } from "@sequitur/config/measure";

const { values: options } = parseArgs({
  options: { warm: { type: "string", default: "50" }, timed: { type: "string", default: "200" } },
});
const [WARM, TIMED] = [Number(options.warm), Number(options.timed)];
const [ITEMS, LENGTH, USERS] = [3500, 50, 128];
/** Words of an item's text: "title" and these. */
const TITLE_WORDS = 12;

/** Random histories over items whose titles are `TITLE_WORDS` made-up words. */
function randomShop(): Interactions {
  const random = new Random("bench/efficiency");
  const word = (): string =>
    `${"bdfgklmnprst"[random.integer(12)]}${"aeiou"[random.integer(5)]}n${"aeiou"[random.integer(5)]}`;
  const titles = Array.from({ length: ITEMS }, () => Array.from({ length: TITLE_WORDS }, word).join(" "));
  const names = (letter: string, size: number): string[] => Array.from({ length: size }, (_, at) => `${letter}${at}`);
  const size = USERS * (LENGTH + 1);
  return interactionsFrom(
    { users: idTable(names("u", USERS)), items: idTable(names("i", ITEMS)), itemColumns: { titles } },
    {
      users: Int32Array.from({ length: size }, (_, at) => Math.floor(at / (LENGTH + 1))),
      items: Int32Array.from({ length: size }, (_, at) => (at < ITEMS ? at : random.integer(ITEMS))),
      times: Float64Array.from({ length: size }, (_, at) => at),
    },
  );
}

const SHOP = randomShop();

type Head = "tied" | "free" | "generative";

async function fitted(head: Head, maxLength: number, textMatch = 0): Promise<LiteLlm4recModel> {
  const keys = { head, maxLength, textMatch, epochs: 1, textEpochs: 1, batchSize: 1e6, loss: "sampled-softmax" };
  const config = parseConfig(liteLlm4rec.config, keys, "bench");
  return liteLlm4rec.fit(SHOP, config, { random: new Random(1), threads: 1 });
}

/** The request number `at`: histories of as many users, each item of them so many times. */
function request(at: number, batch: number, times: number): QueryBatch {
  return queryBatch(
    Array.from({ length: batch }, (_, row) => {
      const user = (at * batch + row) % USERS;
      const history = SHOP.items.subarray(user * (LENGTH + 1), (user + 1) * (LENGTH + 1) - 1);
      return {
        items: Int32Array.from({ length: LENGTH * times }, (_word, word) => history[Math.floor(word / times)]!),
      };
    }),
  );
}

interface Row {
  readonly head: Head;
  readonly reads: string;
  readonly batch: number;
  readonly requests: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Of one request. */
  readonly positions: number;
  readonly tokens: number;
}

/** One way to answer: what is asked, and what counts the work. */
interface Way {
  readonly head: Head;
  readonly reads: string;
  readonly model: Model;
  readonly work: LiteLlm4recModel["work"];
  readonly times?: number;
}

function timed({ head, reads, model, work, times = 1 }: Way, batch: number): Row {
  const isSlow = batch > 1 && !reads.startsWith("kept vectors");
  const [warm, requests] = [WARM, TIMED].map((count) => Math.ceil(count / (isSlow ? 10 : 1))) as [number, number];
  const ms: number[] = [];
  const before = { ...work };
  for (let at = 0; at < warm + requests; at++) {
    const queries = request(at, batch, times);
    const start = performance.now();
    recommend(model, queries, { k: 10 });
    if (at >= warm) ms.push(performance.now() - start);
  }
  const each = (now: number, then: number): number => Math.round((now - then) / (warm + requests));
  return {
    head,
    reads,
    batch,
    requests,
    medianMs: Number(quantile(ms, 0.5).toFixed(3)),
    p95Ms: Number(quantile(ms, 0.95).toFixed(3)),
    positions: each(work.positions, before.positions),
    tokens: each(work.tokens, before.tokens),
  };
}

/** How much less time the projection heads take than the generative one, by medians. */
function savings(rows: readonly Row[]): object[] {
  const saved: object[] = [];
  for (const ours of rows.filter(({ head }) => head !== "generative")) {
    for (const theirs of rows.filter(({ head, batch }) => head === "generative" && batch === ours.batch)) {
      const share = 1 - ours.medianMs / theirs.medianMs;
      saved.push({
        head: ours.head,
        reads: ours.reads,
        "generative reads": theirs.reads,
        batch: ours.batch,
        "less time": `${(100 * share).toFixed(1)} %`,
        faster: `${(theirs.medianMs / ours.medianMs).toFixed(1)} x`,
      });
    }
  }
  return saved;
}

async function main(): Promise<void> {
  const load = loadNow();
  const texts = itemTexts(SHOP.catalog);
  const [tied, matched, free, generative] = [
    await fitted("tied", LENGTH),
    await fitted("tied", LENGTH, 4),
    await fitted("free", LENGTH),
    await fitted("generative", LENGTH),
  ];
  const times = TITLE_WORDS + 1;
  const long = await fitted("generative", LENGTH * times);
  const [kept, anew] = ["kept vectors", "texts of its items"];
  const ways: Way[] = [
    { head: "tied", reads: kept, model: tied, work: tied.work },
    { head: "tied", reads: `${kept}, texts matched`, model: matched, work: matched.work },
    { head: "free", reads: kept, model: free, work: free.work },
    { head: "generative", reads: kept, model: generative, work: generative.work },
    { head: "tied", reads: anew, model: tied.uncached(texts), work: tied.work },
    { head: "generative", reads: anew, model: generative.uncached(texts), work: generative.work },
    { head: "generative", reads: "one long text", model: long, work: long.work, times },
  ];
  const rows = [1, 64].flatMap((batch) => ways.map((way) => timed(way, batch)));
  const saved = savings(rows);
  const note = writeResults(import.meta.url, "efficiency", load, { warm: WARM, rows, saved });
  process.stdout.write(`${table(rows)}\n\nagainst the generative head, by medians:\n${table(saved)}\n\n${note}\n`);
}

await main();
