import { Random } from "@sequitur/core";
import { expect, it } from "vitest";
import { exactSearch } from "./vector-search.js";

it("finds what a plain loop over all cosines finds, and only what may be shown", () => {
  const random = new Random("vectors");
  const [n, width, k] = [203, 10, 7];
  const vectors = Float32Array.from({ length: n * width }, () => random.uniform() - 0.5);
  vectors.fill(0, 5 * width, 6 * width);
  const search = exactSearch(vectors, width);
  const row = (at: number): Float32Array => vectors.subarray(at * width, (at + 1) * width);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, at) => sum + x * b[at]!, 0);
  const cosine = (a: number, b: number): number => {
    const lengths = Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b)));
    return lengths > 0 ? dot(row(a), row(b)) / lengths : 0;
  };
  for (const [asked, mayShow] of [
    [0, () => true],
    [17, (at: number) => at % 3 === 0],
    [202, (at: number) => at === 9 || at === 202],
  ] as const) {
    const expected = [...Array(n).keys()]
      .filter((at) => at !== asked && mayShow(at))
      .sort((a, b) => cosine(asked, b) - cosine(asked, a))
      .slice(0, k);
    const { rows, cosines } = search.nearest(asked, k, mayShow);
    expect([...rows]).toEqual(expected);
    expected.forEach((at, place) => expect(cosines[place]).toBeCloseTo(cosine(asked, at), 5));
  }
  expect([...search.nearest(5, 3).cosines]).toEqual([0, 0, 0]);
  search.release();
});

it("refuses values that are no rows", () => {
  expect(() => exactSearch(new Float32Array(7), 2)).toThrow(/width 2, got 7/);
});
