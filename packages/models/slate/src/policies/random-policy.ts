import { PlatformError, type Random, type Slate } from "@sequitur/core";
import { checkSlateRequest, noSettings, type PolicyKind } from "./policy-kind.js";

/** k distinct items in uniform order: every item is equally likely at every position. Exact propensities. */
export const randomPolicy: PolicyKind<Record<string, never>> = {
  name: "random",
  needs: "nothing",
  config: noSettings,
  make: ({ name, catalog }) => ({
    name,
    slates(batch, k, { candidates, random }) {
      checkSlateRequest(k, candidates, catalog);
      const count = candidates?.length ?? catalog.items.size;
      return Array.from({ length: batch.size }, (_, b) => {
        const places = distinctUniform(Math.min(k, count), count, random.fork(b));
        return uniformSlate(candidates ? places.map((place) => candidates[place]!) : places, count);
      });
    },
  }),
};

function uniformSlate(items: Int32Array, count: number): Slate {
  return {
    items,
    propensities: new Float64Array(items.length).fill(1 / count),
    conditionals: Float64Array.from(items, (_, position) => 1 / (count - position)),
  };
}

/** `size` distinct integers of [0, count) in uniform order, in O(size): a shuffle that keeps only what it moved. */
export function distinctUniform(size: number, count: number, random: Random): Int32Array {
  if (size > count) throw new PlatformError("bad-config", `size must be at most ${count}, got ${size}.`);
  const moved = new Map<number, number>();
  const drawn = new Int32Array(size);
  for (let place = 0; place < size; place++) {
    const other = place + random.integer(count - place);
    drawn[place] = moved.get(other) ?? other;
    moved.set(other, moved.get(place) ?? place);
  }
  return drawn;
}
