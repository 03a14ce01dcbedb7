import { PlatformError, type Catalog, type Random, type Slate } from "@sequitur/core";
import type { CapCounter } from "@sequitur/recommender";
import { noSettings, type PolicyKind } from "./policy-kind.js";
import { everyItem, ruledSlates, type FreeChoice } from "./ruled-slates.js";

/**
 * k distinct items in uniform order: every item is equally likely at every position. Exact propensities; under caps each
 * position is uniform over what they leave, so that the conditionals are exact and the propensities are unknown.
 */
export const randomPolicy: PolicyKind<Record<string, never>> = {
  name: "random",
  needs: "nothing",
  config: noSettings,
  make: ({ name, catalog }) => ({
    name,
    slates: ruledSlates(catalog, (batch, k, choice) =>
      Array.from({ length: batch.size }, (_, b) => drawUniform(catalog, k, choice, choice.random.fork(b))),
    ),
  }),
};

/** One uniform slate under the caps. */
export function drawUniform(catalog: Catalog, k: number, choice: FreeChoice, random: Random): Slate {
  const { candidates, count, caps } = choice;
  if (caps !== undefined) return cappedUniform(candidates ?? everyItem(catalog), k, caps(), random);
  const places = distinctUniform(Math.min(k, count), count, random);
  return uniformSlate(candidates ? places.map((place) => candidates[place]!) : places, count);
}

function uniformSlate(items: Int32Array, count: number): Slate {
  return {
    items,
    kind: "exact",
    propensities: new Float64Array(items.length).fill(1 / count),
    conditionals: Float64Array.from(items, (_, position) => 1 / (count - position)),
  };
}

/** Each position uniform over the items left that the caps let in. */
function cappedUniform(candidates: Int32Array, k: number, caps: CapCounter, random: Random): Slate {
  const items: number[] = [];
  const conditionals: number[] = [];
  let left = candidates;
  while (items.length < k) {
    left = left.filter((item) => caps.fits(item));
    if (left.length === 0) break;
    const item = left[random.integer(left.length)]!;
    caps.take(item);
    items.push(item);
    conditionals.push(1 / left.length);
    left = left.filter((other) => other !== item);
  }
  return {
    items: Int32Array.from(items),
    kind: items.length === 0 ? "unknown" : "exact",
    propensities: new Float64Array(items.length).fill(Number.NaN),
    conditionals: Float64Array.from(conditionals),
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
