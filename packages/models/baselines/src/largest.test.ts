import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { Largest } from "./largest.js";

describe("Largest", () => {
  it("equals sorting everything, with many ties and for any order of arrival", () => {
    const random = new Random("largest");
    for (let round = 0; round < 200; round++) {
      const keep = 1 + random.integer(12);
      const values = Array.from({ length: random.integer(40) }, () => random.integer(6) - 2);
      const heap = new Largest(keep);
      for (const key of random.shuffle([...values.keys()])) heap.offer(key, values[key]!);
      const want = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, keep);
      const { keys, values: kept } = heap.drain();
      expect(Array.from(keys)).toEqual(want);
      expect(Array.from(kept)).toEqual(want.map((key) => values[key]));
    }
  });

  it("is empty again after it was drained", () => {
    const heap = new Largest(2);
    heap.offer(1, 5);
    expect(heap.drain().keys).toHaveLength(1);
    heap.offer(2, 1);
    expect(Array.from(heap.drain().keys)).toEqual([2]);
  });
});
