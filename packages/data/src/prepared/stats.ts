import { CONTEXT_NAMES, itemCounts, type Interactions } from "@sequitur/core";

/** Least, middle and greatest of a list of counts; 0 for an empty list. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What a data set looks like, over the users and items that occur. */
export interface DatasetStats {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Distinct (user, item) pairs over users x items, in [0, 1]. */
  readonly density: number;
  readonly perUser: Spread;
  readonly perItem: Spread;
  /** First and last instant, ms since the epoch, UTC; NaN without interactions. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** Rows that equal an earlier row in user, item, time and every context column. */
  readonly duplicates: number;
  /** Share of rows whose (user, item) occurred in an earlier row, in [0, 1]; high for places, 0 for most ratings. */
  readonly repeatedShare: number;
  /** Gini index of the items' counts: 0 when all are equal, towards 1 when few take all. */
  readonly popularityGini: number;
  /** Items with a title, and items with at least one category. */
  readonly titled: number;
  readonly categorised: number;
  /** Distinct category names. */
  readonly categories: number;
}

/** Counts a data set; O(n log n) for the medians, O(n) beside. */
export function datasetStats(interactions: Interactions): DatasetStats {
  const { catalog, size, userOffsets, times } = interactions;
  const perUser = Int32Array.from({ length: catalog.users.size }, (_, u) => userOffsets[u + 1]! - userOffsets[u]!);
  const userCounts = perUser.filter((count) => count > 0).sort();
  const countOfItem = itemCounts(interactions);
  const counts = countOfItem.filter((count) => count > 0).sort();
  const repeated = countRepeated(interactions);
  let [firstTime, lastTime] = size === 0 ? [Number.NaN, Number.NaN] : [Infinity, -Infinity];
  for (const time of times) {
    if (time < firstTime) firstTime = time;
    if (time > lastTime) lastTime = time;
  }
  const occurs = (_value: unknown, item: number): boolean => countOfItem[item]! > 0;
  const titles = (catalog.itemColumns.titles ?? []).filter(occurs);
  const categories = (catalog.itemColumns.categories ?? []).filter(occurs);
  return {
    users: userCounts.length,
    items: counts.length,
    interactions: size,
    density: size === 0 ? 0 : (size - repeated) / (userCounts.length * counts.length),
    perUser: spread(userCounts),
    perItem: spread(counts),
    firstTime,
    lastTime,
    duplicates: countDuplicates(interactions),
    repeatedShare: size === 0 ? 0 : repeated / size,
    popularityGini: gini(counts),
    titled: titles.filter((title) => title !== "").length,
    categorised: categories.filter((names) => names.length > 0).length,
    categories: new Set(categories.flat()).size,
  };
}

function spread(sorted: Int32Array): Spread {
  const last = sorted.length - 1;
  if (last < 0) return { min: 0, median: 0, max: 0 };
  const median = (sorted[Math.floor(last / 2)]! + sorted[Math.ceil(last / 2)]!) / 2;
  return { min: sorted[0]!, median, max: sorted[last]! };
}

/** Gini = sum_i (2 i - n - 1) x_i / (n sum x), x ascending, i from 1. */
function gini(sorted: Int32Array): number {
  const n = sorted.length;
  let weighted = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    weighted += (2 * (i + 1) - n - 1) * sorted[i]!;
    total += sorted[i]!;
  }
  return total === 0 ? 0 : weighted / (n * total);
}

function countRepeated({ catalog, items, userOffsets }: Interactions): number {
  const lastUser = new Int32Array(catalog.items.size).fill(-1);
  let repeated = 0;
  for (let user = 0; user < catalog.users.size; user++) {
    for (let row = userOffsets[user]!; row < userOffsets[user + 1]!; row++) {
      const item = items[row]!;
      if (lastUser[item] === user) repeated += 1;
      lastUser[item] = user;
    }
  }
  return repeated;
}

/** Rows equal to an earlier one in every column. Equal rows have equal user and time, so only such runs are searched. */
export function countDuplicates({ users, items, times, size, context }: Interactions): number {
  const columns = CONTEXT_NAMES.flatMap((name) => context[name] ?? []);
  const keyOf = (row: number): string => `${items[row]} ${columns.map((column) => column[row]).join(" ")}`;
  let duplicates = 0;
  for (let start = 0; start < size;) {
    let end = start + 1;
    while (end < size && times[end] === times[start] && users[end] === users[start]) end += 1;
    if (end - start > 1) {
      const seen = new Set<string>();
      for (let row = start; row < end; row++) seen.add(keyOf(row));
      duplicates += end - start - seen.size;
    }
    start = end;
  }
  return duplicates;
}
