import { checkPropensities, NONE, PlatformError, type QueryBatch, type Slate } from "@sequitur/core";

/**
 * `bad-data` unless there is a slate and a click for each query, the items of each slate are distinct and of the
 * catalogue, its probabilities are in (0, 1] or NaN, and each click is NONE or a position within its slate.
 */
export function checkOutcomes(batch: QueryBatch, shown: readonly Slate[], clicks: Int32Array, itemCount: number): void {
  if (shown.length !== batch.size || clicks.length !== batch.size) {
    const got = `${shown.length} slates and ${clicks.length} clicks`;
    throw new PlatformError("bad-data", `expected a slate and a click for each of ${batch.size} queries, got ${got}.`);
  }
  for (const [b, { items }] of shown.entries()) {
    const click = clicks[b]!;
    const outside = items.find((item) => !(item >= 0 && item < itemCount));
    if (outside !== undefined) {
      throw new PlatformError("bad-data", `items must be in [0, ${itemCount}), got ${outside} in slate ${b}.`);
    }
    const again = items.find((item, place) => items.indexOf(item) !== place);
    if (again !== undefined) {
      throw new PlatformError("bad-data", `items of a slate must be distinct, got item ${again} again in slate ${b}.`);
    }
    checkPropensities(shown[b]!, `slate ${b}`);
    if (click !== NONE && !(click >= 0 && click < items.length)) {
      const expected = `a click must be NONE or a position in [0, ${items.length})`;
      throw new PlatformError("bad-data", `${expected}, got ${click} in slate ${b}.`);
    }
  }
}
