import { NONE, slateLogFrom, type Catalog, type SlateLog } from "@sequitur/core";
import type { ShownSlate } from "./read-slates.js";

/**
 * What was shown to known users as a log that slate models train on, over a catalogue such as `readCatalog` gives. The
 * click of a slate is the latest reaction of one of the `kinds` with a value above 0. Items that the catalogue does not
 * know are NONE; slates of users that it does not know, or of nobody, are left out.
 */
export function slateLogOf(
  catalog: Catalog,
  slates: readonly ShownSlate[],
  kinds: readonly string[] = ["click"],
): SlateLog {
  const known = slates.filter(({ userId }) => userId !== undefined && catalog.users.indexOf(userId) !== NONE);
  const shown = known.flatMap(({ impressions }) => impressions);
  let end = 0;
  return slateLogFrom(catalog, {
    users: Int32Array.from(known, ({ userId }) => catalog.users.indexOf(userId!)),
    times: Float64Array.from(known, ({ time }) => time),
    offsets: Int32Array.from([0, ...known.map(({ impressions }) => (end += impressions.length))]),
    items: Int32Array.from(shown, ({ itemId }) => catalog.items.indexOf(itemId)),
    clicks: Int32Array.from(known, (slate) => clickOf(slate, new Set(kinds))),
    propensities: Float64Array.from(shown, ({ propensity }) => propensity),
  });
}

function clickOf({ impressions }: ShownSlate, kinds: ReadonlySet<string>): number {
  let [click, latest] = [NONE, -Infinity];
  for (const [position, { feedback }] of impressions.entries()) {
    for (const { kind, value, time } of feedback) {
      if (!kinds.has(kind) || !(value > 0) || time < latest) continue;
      [click, latest] = [position, time];
    }
  }
  return click;
}
