import { describe, expect, it } from "vitest";
import { Random } from "./random.js";

describe("Random", () => {
  it("gives the published sequence of xoshiro128** from the state 1, 2, 3, 4", () => {
    const random = new Random(0);
    Object.assign(random, { a: 1, b: 2, c: 3, d: 4 });
    const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597];
    expect(expected.map(() => random.uint32())).toEqual(expected);
  });

  it("repeats by seed, differs between seeds, and forks without drawing", () => {
    const draws = (random: Random): number[] => Array.from({ length: 5 }, () => random.uint32());
    expect(draws(new Random(1))).toEqual(draws(new Random(1)));
    expect(draws(new Random(1))).not.toEqual(draws(new Random(2)));
    const used = new Random(1);
    used.uint32();
    expect(draws(used.fork("a"))).toEqual(draws(new Random(1).fork("a")));
    expect(draws(new Random(1).fork("a"))).not.toEqual(draws(new Random(1).fork("b")));
    expect(draws(new Random(1).fork("a").fork("b"))).toEqual(draws(new Random("1/a/b")));
  });

  it("keeps neighbouring streams apart: first draws of 20,000 forks look uniform and collide no more than chance", () => {
    const root = new Random(7);
    const draws = Array.from({ length: 20_000 }, (_, i) => root.fork(i).uint32());
    const buckets = new Int32Array(16);
    for (const draw of draws) buckets[draw >>> 28]! += 1;
    const chi2 = buckets.reduce((sum, count) => sum + (count - 1250) ** 2 / 1250, 0);
    expect(chi2).toBeLessThan(37.7);
    expect(draws.length - new Set(draws).size).toBeLessThan(5);
  });

  it("draws integers without bias and refuses a bad bound", () => {
    const random = new Random(3);
    const counts = new Int32Array(7);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]! += 1;
    const chi2 = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chi2).toBeLessThan(22.5);
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 33]) expect(() => random.integer(bound)).toThrow(/bound/);
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it("draws uniforms in [0, 1) and normals of mean 0 and variance 1", () => {
    const random = new Random(5);
    let sum = 0;
    let squares = 0;
    let uniforms = 0;
    const n = 100_000;
    for (let i = 0; i < n; i++) {
      const u = random.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      uniforms += u;
      const z = random.normal();
      sum += z;
      squares += z * z;
    }
    expect(Math.abs(uniforms / n - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(sum / n)).toBeLessThan(0.013);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.02);
  });

  it("shuffles into every order about equally often", () => {
    const random = new Random(9);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle([0, 1, 2]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });
});
