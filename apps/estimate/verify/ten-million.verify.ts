import { IdTableBuilder } from "@sequitur/core";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { estimate, parseSettings, type SlateChunk, type SlateSource } from "../src/index.js";

const SLATES = Number(process.env["SEQUITUR_SLATES"] ?? 10_000_000);
const LENGTH = 2;
const ITEMS = 20;
const CHUNK = 4096;
/** The same item is shown first, and another one below, both uniformly; item a is clicked in a of 40 slates. */
const VALUE = (LENGTH * (ITEMS - 1)) / 2 / 40;

/** Slates drawn from a counter, so that every pass reads the same ones and none is kept. */
function drawnSource(): SlateSource {
  const items = new IdTableBuilder();
  for (let item = 0; item < ITEMS; item++) items.add(`i${item}`);
  return {
    name: "drawn",
    items,
    hasSlates: () => true,
    async read(onChunk) {
      for (let start = 0; start < SLATES; start += CHUNK) {
        onChunk(chunkAt(start, Math.min(CHUNK, SLATES - start)));
        if (start % (CHUNK * 64) === 0) await Promise.resolve();
      }
    },
  };
}

function chunkAt(start: number, size: number): SlateChunk {
  const places = size * LENGTH;
  const items = new Int32Array(places);
  const rewards = new Float64Array(places);
  for (let slate = 0; slate < size; slate++) {
    const first = hash(start + slate, 1) % ITEMS;
    const second = (first + 1 + (hash(start + slate, 2) % (ITEMS - 1))) % ITEMS;
    for (const [position, item] of [first, second].entries()) {
      items[slate * LENGTH + position] = item;
      rewards[slate * LENGTH + position] = hash(start + slate, 3 + position) % 40 < item ? 1 : 0;
    }
  }
  const unknown = new Float64Array(places).fill(Number.NaN);
  return {
    size,
    start,
    offsets: Int32Array.from({ length: size + 1 }, (_, slate) => slate * LENGTH),
    buckets: Int32Array.from({ length: size }, (_, slate) => (start + slate) % 1024),
    users: new Array<string>(size).fill(""),
    times: new Float64Array(size),
    items,
    positions: Int32Array.from({ length: places }, (_, place) => place % LENGTH),
    rewards,
    propensities: new Float64Array(places).fill(1 / ITEMS),
    conditionals: Float64Array.from({ length: places }, (_, place) => 1 / (ITEMS - (place % LENGTH))),
    standardErrors: new Float64Array(places).fill(Number.NaN),
    evaluation: unknown,
    evaluationConditionals: unknown,
  };
}

function hash(slate: number, stream: number): number {
  let h = Math.imul(slate ^ Math.imul(stream, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}

test("every estimator takes ten million slates in memory that does not grow with them", async () => {
  const out = await mkdtemp(join(tmpdir(), "ten-million-"));
  const before = process.memoryUsage().rss;
  const report = await estimate(parseSettings({ log: "drawn", policies: ["random"] }, "verify"), {
    out,
    source: drawnSource(),
  });
  const grown = (process.memoryUsage().rss - before) / 1e6;
  process.stdout.write(`\n${SLATES} slates: ${report.seconds.toFixed(0)} s, ${grown.toFixed(0)} MB more than before\n`);
  const { estimates, skipped } = report.policies[0]!;
  expect(skipped).toEqual([]);
  for (const { value } of estimates) expect(value!).toBeCloseTo(VALUE, 2);
  expect(grown).toBeLessThan(500);
});
