import { listOf, NONE, type Random, type RaggedItems } from "@sequitur/core";
import { listRecall } from "./fairness.js";
import { checkAligned } from "./serendipity.js";
import { checkLists, topOf } from "./top-of-list.js";

export interface PersonalisationInput {
  /** What each query's user had before. */
  readonly histories: RaggedItems;
  readonly targets: RaggedItems;
  /** (B) user of each query; queries of one user are not compared. */
  readonly users: Int32Array;
  /** Draws the other queries that each is compared with. */
  readonly random: Random;
}

/** Other queries that each one is compared with. */
const OTHERS = 20;

/**
 * (B) whether lists differ as much as their users do, discounted by accuracy (the idea of PerSEval, Dasgupta et al. 2024). Of
 * each pair: d, how different the users are (Jaccard distance of what they had and went on to), and l, how different the
 * lists are; responsiveness is the mean of min(d, l) / max(d, l) over 20 random other queries, 1 where both are 0. The value is
 * responsiveness times recall at k. In [0, 1]; NaN for a query without targets or without anybody to compare with.
 */
export function personalisation(lists: RaggedItems, k: number, input: PersonalisationInput): Float64Array {
  const { targets, histories, users, random } = input;
  checkAligned(lists, targets);
  checkAligned(lists, histories);
  const size = users.length;
  checkLists(lists, k, Infinity);
  const tastes = Array.from(
    { length: size },
    (_, row) => new Set([...listOf(histories, row), ...listOf(targets, row)]),
  );
  const tops = Array.from({ length: size }, (_, row) => new Set(topOf(lists, row, k)));
  const recalls = listRecall(lists, k, targets);
  return Float64Array.from({ length: size }, (_, row) => {
    const recall = recalls[row]!;
    return Number.isNaN(recall) ? Number.NaN : recall * responsiveness(row, tastes, tops, { users, random });
  });
}

function responsiveness(
  row: number,
  tastes: readonly ReadonlySet<number>[],
  tops: readonly ReadonlySet<number>[],
  { users, random }: Pick<PersonalisationInput, "users" | "random">,
): number {
  let sum = 0;
  let count = 0;
  for (let draw = 0; draw < OTHERS; draw++) {
    const other = random.integer(users.length);
    if (other === row || (users[other] === users[row] && users[row] !== NONE)) continue;
    const [apart, differ] = [distance(tastes[row]!, tastes[other]!), distance(tops[row]!, tops[other]!)];
    const most = Math.max(apart, differ);
    sum += most === 0 ? 1 : Math.min(apart, differ) / most;
    count += 1;
  }
  return sum / count;
}

/** 1 - |both| / |either|; 0 for two empty sets. */
function distance(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let both = 0;
  for (const item of a) if (b.has(item)) both += 1;
  const either = a.size + b.size - both;
  return either === 0 ? 0 : 1 - both / either;
}
