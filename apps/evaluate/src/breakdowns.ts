import {
  itemCounts,
  listOf,
  type AttributeColumns,
  type Catalog,
  type Interactions,
  type RaggedItems,
} from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import {
  byColdTarget,
  byColdUser,
  byTargetCount,
  byTargetLabel,
  attributeLabels,
  byTargetPopularity,
  byUserActivity,
  byUserLabel,
  rankingMetrics,
  selectRanks,
  type QueryGroup,
  type TargetGroup,
  type TieRule,
} from "@sequitur/metrics";
import { measuresOf, type IntervalOptions } from "./intervals.js";
import type { Piece } from "./piece.js";
import type { Breakdown } from "./report.js";
import { seedMean } from "./seed-mean.js";

/** A way to part the queries (or their targets), the same for every model of a report. */
export interface Partition {
  readonly by: string;
  readonly groups: readonly (QueryGroup | TargetGroup)[];
}

const MOST_CATEGORIES = 12;

/**
 * By activity, by popularity, cold and warm, by category, kind of event and attributes; a partition of one group says
 * nothing and is left out.
 */
export function partitionsOf(train: Interactions, { queries, targets, targetKinds, seen }: EvaluationSet): Partition[] {
  const perUser = train.userOffsets.slice(1).map((end, user) => end - train.userOffsets[user]!);
  const perItem = itemCounts(train);
  const { categories } = train.catalog.itemColumns;
  const all: Partition[] = [
    { by: "user activity (training interactions)", groups: byUserActivity(queries.users, perUser) },
    { by: "user known in training", groups: byColdUser(queries.users, perUser) },
    { by: "popularity of the right item", groups: byTargetPopularity(targets, perItem) },
    { by: "right item known in training", groups: byColdTarget(targets, perItem) },
    { by: "training interactions of the right item", groups: byTargetCount(targets, perItem) },
  ];
  all.push({ by: "right item had before", groups: byRevisit(targets, seen) });
  if (categories) {
    const last = categories.map((names) => names.at(-1) ?? "");
    all.push({ by: "category of the right item", groups: byTargetLabel(targets, last, MOST_CATEGORIES) });
  }
  const { kinds } = train.catalog;
  if (kinds && targetKinds)
    all.push({ by: "kind of event of the right item", groups: byKind(targets, targetKinds, kinds) });
  for (const breakdown of byAttributes(train.catalog, queries.users, targets)) all.push(breakdown);
  return all.filter(({ groups }) => groups.length > 1);
}

/** Items that the user comes back to, and items that are new to the user. */
function byRevisit(targets: RaggedItems, seen: RaggedItems): TargetGroup[] {
  const rowOf = new Int32Array(targets.items.length);
  for (let b = 0; b + 1 < targets.offsets.length; b++) rowOf.fill(b, targets.offsets[b], targets.offsets[b + 1]);
  const had = Array.from({ length: targets.offsets.length - 1 }, (_, b) => new Set(listOf(seen, b)));
  const isRevisit = targets.items.map((item, at) => Number(had[rowOf[at]!]!.has(item)));
  return ["new to the user", "revisit"].flatMap((name, is) => {
    const positions = Int32Array.from(targets.items.keys()).filter((at) => isRevisit[at] === is);
    const rows = Int32Array.from(new Set(positions.map((at) => rowOf[at]!)));
    return rows.length === 0 ? [] : [{ name, rows, positions }];
  });
}

/** By each attribute of the right item and of the user, except those that nearly all items or users have to themselves. */
function byAttributes({ itemColumns, userAttributes }: Catalog, users: Int32Array, targets: RaggedItems): Partition[] {
  const telling = (columns: AttributeColumns = {}): [name: string, labels: readonly string[]][] =>
    Object.entries(columns)
      .map(([name, values]): [string, readonly string[]] => [name, attributeLabels(values)])
      .filter(([, labels]) => 2 * new Set(labels).size <= labels.length);
  return [
    ...telling(itemColumns.attributes).map(([name, labels]) => ({
      by: `${name} of the right item`,
      groups: byTargetLabel(targets, labels, MOST_CATEGORIES),
    })),
    ...telling(userAttributes).map(([name, labels]) => ({
      by: `${name} of the user`,
      groups: byUserLabel(users, labels, MOST_CATEGORIES),
    })),
  ];
}

/** The targets of each kind of event: whether purchases are ranked as well as views. */
function byKind({ offsets }: RaggedItems, targetKinds: Int32Array, kinds: readonly string[]): TargetGroup[] {
  return kinds.flatMap((name, kind) => {
    const positions = Int32Array.from(targetKinds.keys()).filter((at) => targetKinds[at] === kind);
    const rows = Int32Array.from({ length: offsets.length - 1 }, (_, b) => b).filter((b) =>
      targetKinds.subarray(offsets[b], offsets[b + 1]).includes(kind),
    );
    return rows.length === 0 ? [] : [{ name, rows, positions }];
  });
}

/** One model's metrics in every group; those by target count only the targets of the group. */
export function breakdownsOf(
  partitions: readonly Partition[],
  pieces: readonly Piece[],
  { targets, targetValues }: Pick<EvaluationSet, "targets" | "targetValues">,
  metrics: readonly string[],
  options: IntervalOptions & { readonly ties: TieRule },
): Breakdown[] {
  const values = seedMean(pieces);
  return partitions.map(({ by, groups }) => ({
    by,
    groups: groups.map((group) => {
      const own =
        "positions" in group ? metricsOf(group, pieces, { targets, targetValues }, metrics, options.ties) : undefined;
      const users = Int32Array.from(group.rows, (row) => options.users[row]!);
      const columns = metrics.map(
        (name) => own?.get(name) ?? Float64Array.from(group.rows, (row) => values.get(name)![row]!),
      );
      const measures = measuresOf(columns, { ...options, users });
      const named = Object.fromEntries(metrics.map((name, i) => [name, measures[i]!]));
      return { name: group.name, queries: group.rows.length, metrics: named };
    }),
  }));
}

function metricsOf(
  group: TargetGroup,
  pieces: readonly Piece[],
  { targets, targetValues }: { readonly targets: RaggedItems; readonly targetValues: Float32Array | undefined },
  metrics: readonly string[],
  ties: TieRule,
): Map<string, Float64Array> {
  const worth = targetValues && Float32Array.from(group.positions, (at) => targetValues[at]!);
  return seedMean(
    pieces.map((piece) => {
      const { offsets, ...ranks } = selectRanks(piece.ranks, targets, group);
      return {
        ...piece,
        values: rankingMetrics(ranks, { offsets }, { metrics, cutoffs: [], ties, ...(worth && { values: worth }) }),
      };
    }),
  );
}
