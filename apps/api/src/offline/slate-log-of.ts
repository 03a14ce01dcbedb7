import { NONE, slateLogFrom, type Catalog, type SlateLog } from "@sequitur/core";
import type { ShownSlate } from "@sequitur/store";

/**
 * Shown slates as the models of slates and the off-policy estimators read them. The click of a slate is its earliest
 * reaction of one of the kinds with a value above 0. Slates of nobody and of users who are not in the catalogue are left
 * out, since nothing can be learned of their past.
 */
export function slateLogOf(slates: readonly ShownSlate[], catalog: Catalog, kinds: readonly string[]): SlateLog {
  const known = slates.filter(({ userId }) => userId !== undefined && catalog.users.indexOf(userId) !== NONE);
  const offsets = new Int32Array(known.length + 1);
  known.forEach(({ impressions }, row) => (offsets[row + 1] = offsets[row]! + impressions.length));
  const shown = known.flatMap(({ impressions }) => impressions);
  return slateLogFrom(catalog, {
    users: Int32Array.from(known, ({ userId }) => catalog.users.indexOf(userId!)),
    times: Float64Array.from(known, ({ time }) => time),
    offsets,
    items: Int32Array.from(shown, ({ itemId }) => catalog.items.indexOf(itemId)),
    clicks: Int32Array.from(known, (slate) => clickOf(slate, kinds)),
    propensities: Float64Array.from(shown, ({ propensity }) => propensity),
  });
}

function clickOf({ impressions }: ShownSlate, kinds: readonly string[]): number {
  let first = Infinity;
  let click: number = NONE;
  for (const [place, { feedback }] of impressions.entries()) {
    for (const { kind, value, time } of feedback) {
      if (!kinds.includes(kind) || value <= 0 || time >= first) continue;
      first = time;
      click = place;
    }
  }
  return click;
}
