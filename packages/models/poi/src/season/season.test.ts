import { idTable, interactionsFrom, PlatformError, Random, type ItemColumns } from "@sequitur/core";
import { closeSequitur, gradientError, Parameters, selectBackend, tf } from "@sequitur/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { periodOf } from "./period.js";
import { seasonConfigSchema } from "./season-config.js";
import { rowPeriods, seasonFactors } from "./season-factors.js";
import { seasonLayer } from "./season-layer.js";
import { seasonMixture } from "./season-mixture.js";

const MONTHS = seasonConfigSchema.parse({});
const row = (mixture: Float32Array, p: number, size = 12) => [...mixture.subarray(p * size, (p + 1) * size)];

describe("periods", () => {
  it("are local months, turned by half a year in the south", () => {
    const newYear = Date.UTC(2026, 0, 1);
    expect(periodOf(newYear, 0, 45, 12)).toBe(0);
    expect(periodOf(newYear, -1, 45, 12)).toBe(11);
    expect(periodOf(newYear, 0, -34, 12)).toBe(6);
    expect(periodOf(newYear, 0, Number.NaN, 12)).toBe(0);
  });

  it("are four seasons when asked for: December goes with January", () => {
    const seasons = Array.from({ length: 12 }, (_, month) => periodOf(Date.UTC(2026, month, 15), 0, 1, 4));
    expect(seasons).toEqual([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0]);
    expect(periodOf(Date.UTC(2026, 0, 15), 0, -1, 4)).toBe(2);
  });
});

describe("the mixture", () => {
  /** April to November, as in the New York check-ins. */
  const counts = Array.from({ length: 12 }, (_, month) => (month >= 3 && month <= 10 ? 10_000 : 0));

  it("has rows of shares, most of them the period's own, less with distance, around the year", () => {
    const mixture = seasonMixture(new Array<number>(12).fill(1e6), MONTHS);
    for (let p = 0; p < 12; p++) expect(row(mixture, p).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    const january = row(mixture, 0);
    expect(january[0]).toBeGreaterThan(january[1]!);
    expect(january[11]).toBeCloseTo(january[1]!, 6);
    expect(january[1]! / january[0]!).toBeCloseTo(Math.exp(-0.5), 4);
  });

  it("makes unseen months of their neighbours, never of other unseen ones", () => {
    const mixture = seasonMixture(counts, MONTHS);
    for (const month of [0, 1, 2, 11]) {
      for (const unseen of [0, 1, 2, 11]) expect(mixture[month * 12 + unseen]).toBe(0);
    }
    expect(mixture[11 * 12 + 10]).toBeGreaterThan(0.8); // December is mostly November
    expect(mixture[2 * 12 + 3]).toBeGreaterThan(0.8); // March mostly April
    const narrow = seasonMixture(counts, { ...MONTHS, widthMonths: 0.01 });
    expect(narrow[0 * 12 + 10]).toBeCloseTo(1, 6); // January: November is two months away, April three
  });

  it("trusts a month less the fewer check-ins it has", () => {
    const few = seasonMixture([...counts.slice(0, 11), 50], MONTHS);
    const many = seasonMixture([...counts.slice(0, 11), 5000], MONTHS);
    expect(few[11 * 12 + 11]).toBeLessThan(many[11 * 12 + 11]!);
  });

  it("falls back to the kernel alone without any data, and to one season with data of one", () => {
    const nothing = row(seasonMixture(new Array<number>(12).fill(0), MONTHS), 5);
    expect(nothing).toEqual(row(seasonMixture(new Array<number>(12).fill(7), MONTHS), 5));
    const summer = seasonMixture([0, 0, 500, 0], { ...MONTHS, periods: 4 });
    for (let p = 0; p < 4; p++) expect(row(summer, p, 4)).toEqual([0, 0, 1, 0]);
    expect(seasonMixture([0, 0, 3, 0], { ...MONTHS, periods: 4, evidence: 0 })[2]).toBe(1);
  });

  it("refuses counts of another year", () => {
    expect(() => seasonMixture([1, 2, 3], MONTHS)).toThrow(PlatformError);
    expect(() => seasonMixture([1, 2, 3], MONTHS)).toThrow("12 entries, got 3");
  });
});

describe("the layer", () => {
  beforeAll(() => selectBackend("sequitur"));
  afterAll(() => closeSequitur());

  it("gives an unseen month its neighbour's vector, and passes its gradient on", () => {
    const mixture = seasonMixture([0, 0, 500, 0], { ...MONTHS, periods: 4 });
    const parameters = new Parameters(new Random("season"));
    const season = seasonLayer(parameters, { mixture, width: 3 });
    const periods = tf.tensor2d([0, 2, -1, 1], [2, 2], "int32");
    const rows = season(periods);
    expect(rows.shape).toEqual([2, 2, 3]);
    const values = Array.from(rows.dataSync());
    expect(values.slice(0, 3)).toEqual(values.slice(3, 6));
    expect(values.slice(6, 9)).toEqual([0, 0, 0]);
    const variables = parameters.all().map(({ variable }) => variable);
    expect(gradientError(() => season(periods), variables, new Random("check"))).toBeLessThan(5e-3);
  });
});

describe("season factors", () => {
  const columns: ItemColumns = { categories: [["pool"], ["pool"], ["office"], ["pool"]] };
  const catalog = { items: idTable(["a", "b", "c", "new pool"]), users: idTable(["u"]), itemColumns: columns };
  const random = new Random("factors");
  /** Pools in June to August, the office all year, from March to November. */
  const rows = Array.from({ length: 6000 }, (_, i) => {
    const item = i % 3;
    const month = item === 2 ? 2 + random.integer(9) : 5 + random.integer(3);
    return { item, time: Date.UTC(2025, month, 1 + random.integer(28), 12) };
  });
  const train = interactionsFrom(catalog, {
    users: new Int32Array(rows.length),
    items: Int32Array.from(rows, ({ item }) => item),
    times: Float64Array.from(rows, ({ time }) => time),
  });
  const { factors, counts } = seasonFactors(train, MONTHS);
  const factor = (item: number, month: number): number => factors[item * 12 + month]!;

  it("are above 1 in season and below it out of season, for new places by their category", () => {
    expect(factor(0, 6)).toBeGreaterThan(1.1);
    expect(factor(0, 9)).toBeLessThan(0.5);
    expect(factor(2, 9)).toBeGreaterThan(1.5);
    expect(factor(3, 6)).toBeGreaterThan(1.1);
    expect(factor(3, 9)).toBeLessThan(0.6);
    expect(counts[0]).toBe(0);
    expect(factor(0, 11)).toBeLessThan(0.6); // December goes by November
  });

  it("are about 1 where there is no season", () => {
    const flat = new Random("flat");
    const noise = interactionsFrom(catalog, {
      users: new Int32Array(6000),
      items: Int32Array.from({ length: 6000 }, () => flat.integer(4)),
      times: Float64Array.from({ length: 6000 }, () => Date.UTC(2025, 0, 1) + flat.uniform() * 365 * 86_400_000),
    });
    for (const value of seasonFactors(noise, MONTHS).factors) expect(Math.abs(value - 1)).toBeLessThan(0.2);
  });

  it("turn the year for places in the south", () => {
    const south = { ...catalog, itemColumns: { ...columns, latitudes: Float64Array.of(-34, -34, -34, -34) } };
    const turned = rowPeriods({ ...train, catalog: south }, 12);
    expect([...turned]).toEqual(Array.from(rowPeriods(train, 12), (period) => (period + 6) % 12));
  });

  it("are 1 without any check-in", () => {
    const nothing = interactionsFrom(catalog, {
      users: new Int32Array(),
      items: new Int32Array(),
      times: new Float64Array(),
    });
    expect(seasonFactors(nothing, MONTHS).factors.every((value) => value === 1)).toBe(true);
  });
});
