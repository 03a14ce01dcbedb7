import { PROPENSITY_KINDS, slateLogFrom, type Catalog, type Slate, type SlateLog } from "@sequitur/core";

/** Gathers slates, in any order, into the log that models train on. */
export interface SlateLogBuilder {
  /** `click` is a position or NONE. */
  add(user: number, time: number, slate: Slate, click: number): void;
  log(): SlateLog;
}

/** An empty log; the slates are kept as they are given, not copied. */
export function slateLogBuilder(catalog: Catalog): SlateLogBuilder {
  const users: number[] = [];
  const times: number[] = [];
  const clicks: number[] = [];
  const slates: Slate[] = [];
  return {
    add(user, time, slate, click) {
      users.push(user);
      times.push(time);
      clicks.push(click);
      slates.push(slate);
    },
    log() {
      const offsets = new Int32Array(slates.length + 1);
      for (const [row, { items }] of slates.entries()) offsets[row + 1] = offsets[row]! + items.length;
      const items = new Int32Array(offsets.at(-1)!);
      const unknown = (): Float64Array => new Float64Array(items.length).fill(Number.NaN);
      const [propensities, conditionals, standardErrors] = [unknown(), unknown(), unknown()];
      for (const [row, slate] of slates.entries()) {
        items.set(slate.items, offsets[row]);
        propensities.set(slate.propensities, offsets[row]);
        conditionals.set(slate.conditionals, offsets[row]);
        if (slate.standardErrors) standardErrors.set(slate.standardErrors, offsets[row]);
      }
      return slateLogFrom(catalog, {
        users: Int32Array.from(users),
        times: Float64Array.from(times),
        clicks: Int32Array.from(clicks),
        offsets,
        items,
        propensities,
        conditionals,
        standardErrors,
        kinds: Uint8Array.from(slates, ({ kind }) => PROPENSITY_KINDS.indexOf(kind)),
      });
    },
  };
}
