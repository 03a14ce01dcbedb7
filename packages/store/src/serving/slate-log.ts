import { NONE, PROPENSITY_KINDS, slateLogFrom, type Catalog, type SlateLog } from "@sequitur/core";
import type { ShownItem, ShownSlate } from "./read-slates.js";

/**
 * What was shown to known users as slate models and off-policy estimators read it, over a catalogue such as `readCatalog`
 * gives. The click of a slate is the earliest reaction of one of the `kinds` with a value above 0, as it was when a policy
 * learnt from it. Items that the catalogue does not know are NONE; slates of unknown or anonymous users are left out.
 */
export function slateLogOf(
  catalog: Catalog,
  slates: readonly ShownSlate[],
  kinds: readonly string[] = ["click"],
): SlateLog {
  const positive = new Set(kinds);
  const known = slates.filter(({ userId }) => userId !== undefined && catalog.users.indexOf(userId) !== NONE);
  const shown = known.flatMap(({ impressions }) => impressions);
  const offsets = new Int32Array(known.length + 1);
  for (const [row, { impressions }] of known.entries()) offsets[row + 1] = offsets[row]! + impressions.length;
  return slateLogFrom(catalog, {
    users: Int32Array.from(known, ({ userId }) => catalog.users.indexOf(userId!)),
    times: Float64Array.from(known, ({ time }) => time),
    offsets,
    items: Int32Array.from(shown, ({ itemId }) => catalog.items.indexOf(itemId)),
    clicks: Int32Array.from(known, (slate) => clickOf(slate, positive)),
    propensities: column(shown, "propensity"),
    conditionals: column(shown, "conditional"),
    standardErrors: column(shown, "standardError"),
    kinds: Uint8Array.from(known, kindOf),
  });
}

function column(shown: readonly ShownItem[], name: "propensity" | "conditional" | "standardError"): Float64Array {
  return Float64Array.from(shown, (item) => item[name] ?? Number.NaN);
}

/** Unknown where no position is known, estimated where one is. */
function kindOf({ impressions }: ShownSlate): number {
  const kinds = impressions.map(({ propensityKind: kind }) => kind);
  const isKnown = kinds.some((kind) => kind !== "unknown");
  return PROPENSITY_KINDS.indexOf(!isKnown ? "unknown" : kinds.includes("estimated") ? "estimated" : "exact");
}

function clickOf({ impressions }: ShownSlate, kinds: ReadonlySet<string>): number {
  let [click, earliest] = [NONE, Infinity];
  for (const [position, { feedback }] of impressions.entries()) {
    for (const { kind, value, time } of feedback) {
      if (!kinds.has(kind) || !(value > 0) || time >= earliest) continue;
      [click, earliest] = [position, time];
    }
  }
  return click;
}
