/** Sums of a weight over places (from 1) of a ranking, made from partial sums that grow as they are needed. */
export interface PlaceSums {
  /** The sum over the places above + 1 .. above + count; exactly the weight for one place. */
  over(above: number, count: number): number;
}

/** Partial sums of a positive weight of a place. */
export function placeSums(weight: (place: number) => number): PlaceSums {
  let sums = new Float64Array(1);
  const grow = (least: number): void => {
    const grown = new Float64Array(Math.max(least + 1, 2 * sums.length));
    grown.set(sums);
    for (let place = sums.length; place < grown.length; place++) grown[place] = grown[place - 1]! + weight(place);
    sums = grown;
  };
  return {
    over(above, count) {
      if (count <= 1) return count === 1 ? weight(above + 1) : 0;
      if (above + count >= sums.length) grow(above + count);
      return sums[above + count]! - sums[above]!;
    },
  };
}

/** Sums of 1 / place. */
export const reciprocals = placeSums((place) => 1 / place);
