import { IdTableBuilder, PlatformError } from "@sequitur/core";
import type { ShownItem, ShownSlate, Store } from "@sequitur/store";
import { ChunkBuilder, type ShownPlace } from "./slate-chunk.js";
import type { SlateSource } from "./slate-source.js";
import type { StoreLog } from "./store-log.js";

/** Where the slates of a store are read, and until when (ms), so that every pass sees the same ones. */
export interface StoreRun {
  readonly store: Store;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The answers that a store recorded, each one a slate. An item is rewarded with 1 when one of the named reactions to it
 * has a value above 0. What the policy did not know stays unknown, and estimated propensities keep their errors.
 */
export function storeSource(log: StoreLog, { store, signal }: StoreRun): SlateSource {
  const items = new IdTableBuilder();
  const until = Math.min(log.before ?? Infinity, store.now());
  const options = {
    before: until,
    kinds: log.endpoints,
    ...(log.since !== undefined && { from: log.since }),
    ...(signal && { signal }),
  };
  const place = placeReader(items, new Set(log.feedback), until);
  let slatesOfFirstPass: number | undefined;
  return {
    name: "the store",
    items,
    hasSlates: () => true,
    async read(onChunk) {
      const { eachSlate } = await import("@sequitur/store");
      const builder = new ChunkBuilder(onChunk);
      let slates = 0;
      await eachSlate(store, options, (slate: ShownSlate) => {
        slates++;
        builder.add(slate.userId ?? "", slate.time, slate.impressions.map(place));
      });
      builder.flush();
      slatesOfFirstPass ??= slates;
      if (slates === slatesOfFirstPass) return;
      const message = `slates were added to or erased from the store while it was read (${slatesOfFirstPass}, then ${slates})`;
      throw new PlatformError("unavailable", `${message}; run it again.`);
    },
  };
}

function placeReader(
  items: IdTableBuilder,
  kinds: ReadonlySet<string>,
  until: number,
): (shown: ShownItem) => ShownPlace {
  return ({ itemId, position, propensity, conditional, standardError, feedback }) => ({
    item: items.add(itemId),
    position,
    reward: feedback.some(({ kind, value, time }) => kinds.has(kind) && value > 0 && time < until) ? 1 : 0,
    propensity: propensity ?? Number.NaN,
    conditional: conditional ?? Number.NaN,
    standardError: standardError ?? Number.NaN,
    evaluation: Number.NaN,
    evaluationConditional: Number.NaN,
  });
}
