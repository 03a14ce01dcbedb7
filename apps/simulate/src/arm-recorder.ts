import { DAY_MS } from "@sequitur/core";
import type { Showing, World } from "@sequitur/simulator";
import type { Piece } from "./piece.js";
import type { Settings } from "./settings.js";

const BINS = 24;
const CERTAIN = 0.999;

/** Turns an arm's slates into a piece. */
export interface ArmRecorder {
  record(this: void, showing: Showing): void;
  piece(seed: number, label: string): Piece;
}

/** A recorder of one world; a slate costs 26 bytes. */
export function armRecorder(world: World, { warmup }: Settings): ArmRecorder {
  const columns = columnsFor(world.visits.users.length);
  const shown = new Int32Array(world.catalog.items.size);
  const scale = weightScale();
  const open = openCounts(world);
  let row = 0;
  return {
    record(showing) {
      const { items, kind, propensities } = showing.slate;
      columns.user[row] = showing.user;
      columns.day[row] = showing.day;
      for (const click of showing.clicked) columns.clicks[row]! += click;
      columns.satisfied[row] = showing.satisfied ? 1 : 0;
      columns.expected[row] = showing.expected;
      columns.best[row] = showing.best;
      columns.diversity[row] = slateDiversity(items, world.groups);
      const late = items.filter((item) => world.openedAt[item]! > world.start).length;
      columns.fresh[row] = late / Math.max(1, items.length);
      row++;
      if (showing.day < warmup.days) return;
      for (const [position, item] of items.entries()) {
        shown[item]! += 1;
        const propensity = propensities[position]!;
        if (Number.isNaN(propensity)) scale.weights.unknown++;
        else scale.weigh(propensity, open(showing.day));
        if (kind === "estimated" && !Number.isNaN(propensity)) scale.weights.estimated++;
      }
    },
    piece: (seed, label) => ({
      label,
      seed,
      users: world.catalog.users.size,
      segmentNames: [...world.segmentNames],
      weights: scale.weights,
      openItems: open(world.days),
      user: columns.user.slice(0, row),
      day: columns.day.slice(0, row),
      clicks: columns.clicks.slice(0, row),
      satisfied: columns.satisfied.slice(0, row),
      expected: columns.expected.slice(0, row),
      best: columns.best.slice(0, row),
      diversity: columns.diversity.slice(0, row),
      fresh: columns.fresh.slice(0, row),
      shown,
      propensities: scale.histogram,
      segments: world.segments,
    }),
  };
}

function columnsFor(rows: number) {
  return {
    user: new Int32Array(rows),
    day: new Int32Array(rows),
    clicks: new Uint8Array(rows),
    satisfied: new Uint8Array(rows),
    expected: new Float32Array(rows),
    best: new Float32Array(rows),
    diversity: new Float32Array(rows),
    fresh: new Float32Array(rows),
  };
}

/** Weights of the uniform policy, (1 / items) / propensity, summed up. */
function weightScale() {
  const histogram = new Int32Array(BINS);
  const weights = { count: 0, sum: 0, squares: 0, most: 0, certain: 0, least: 1, unknown: 0, estimated: 0 };
  const weigh = (chance: number, items: number): void => {
    const weight = 1 / (items * chance);
    weights.count++;
    weights.sum += weight;
    weights.squares += weight * weight;
    weights.most = Math.max(weights.most, weight);
    weights.least = Math.min(weights.least, chance);
    if (chance > CERTAIN) weights.certain++;
    histogram[Math.max(0, BINS - 1 - Math.floor(-Math.log2(chance)))]! += 1;
  };
  return { histogram, weights, weigh };
}

/** 1 - share of pairs in the same group; NaN for fewer than two items. */
export function slateDiversity(items: Int32Array, groups: Int32Array): number {
  let same = 0;
  for (let i = 0; i < items.length; i++) {
    for (let j = 0; j < i; j++) if (groups[items[i]!] === groups[items[j]!]) same++;
  }
  return 1 - same / ((items.length * (items.length - 1)) / 2);
}

/** How many items could be shown at the start of a day. */
function openCounts({ openedAt, start, days }: World): (day: number) => number {
  const counts = Int32Array.from({ length: days + 1 }, (_, day) => {
    return openedAt.reduce((sum, at) => sum + (at <= start + day * DAY_MS ? 1 : 0), 0);
  });
  return (day) => counts[day]!;
}
