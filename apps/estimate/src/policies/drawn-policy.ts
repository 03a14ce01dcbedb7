import {
  NONE,
  queryBatch,
  type IdTable,
  type Interactions,
  type QueryBatch,
  type Random,
  type Slate,
} from "@sequitur/core";
import type { SlatePolicy } from "@sequitur/recommender";
import type { SlateChunk } from "../log/slate-chunk.js";
import type { EvaluatedPolicy, Evaluation } from "./evaluated-policy.js";

export interface DrawnParts {
  /** Over the catalogue of the policy. */
  readonly policy: SlatePolicy;
  /** What is known of the users: their history. */
  readonly known: Interactions;
  /** Items of the log, in its numbering. */
  readonly items: IdTable;
  /** Positions of a slate. */
  readonly length: number;
  readonly draws: number;
  readonly random: Random;
}

/**
 * Any policy, by its slates for the logged queries. One draw where nothing is left to chance; else shares of `draws`
 * slates, which are unbiased and enter every estimate linearly, so that the estimates stay unbiased: P(item at position)
 * from the draws with the item there, P(first positions) from the draws that begin alike.
 */
export function drawnPolicy(parts: DrawnParts): EvaluatedPolicy {
  const { policy, draws, random } = parts;
  const indices = Int32Array.from(parts.known.catalog.items.ids, (id) => parts.items.indexOf(id));
  return {
    name: policy.name,
    basis: `its own slates for the logged queries, ${draws} draws where they vary`,
    hasConditionals: true,
    hasDistribution: true,
    evaluate(chunk) {
      const batch = queriesOf(chunk, parts.known);
      const drawn: (readonly Slate[])[] = [];
      while (drawn.length < draws) {
        drawn.push(
          policy.slates(batch, parts.length, {
            random: random.fork(chunk.start).fork(drawn.length),
            propensities: drawn.length === 0,
          }),
        );
        if (drawn.length === 1 && drawn[0]!.every(isCertain)) break;
      }
      return evaluationOf(chunk, drawn, indices);
    },
  };
}

function isCertain({ propensities, items }: Slate): boolean {
  return items.length > 0 && propensities.every((probability) => probability === 1);
}

/** One query a slate: its user with the history known of them. */
export function queriesOf({ users, times }: SlateChunk, known: Interactions): QueryBatch {
  return queryBatch(
    users.map((id, slate) => {
      const user = known.catalog.users.indexOf(id);
      const now = times[slate]!;
      if (user === NONE) return { items: [], now };
      const [from, to] = [known.userOffsets[user]!, known.userOffsets[user + 1]!];
      return { user, items: known.items.subarray(from, to), times: known.times.subarray(from, to), now };
    }),
  );
}

function evaluationOf(chunk: SlateChunk, drawn: readonly (readonly Slate[])[], indices: Int32Array): Evaluation {
  const { size, offsets, items, positions } = chunk;
  const marginals = new Float64Array(items.length);
  const conditionals = new Float64Array(items.length);
  const slateOf = new Int32Array(items.length);
  const share = 1 / drawn.length;
  const shownAt = (slates: readonly Slate[], slate: number, position: number): number => {
    const item = slates[slate]!.items[position];
    return item === undefined ? NONE : indices[item]!;
  };
  for (let slate = 0; slate < size; slate++) {
    const prefixes = new Float64Array(offsets[slate + 1]! - offsets[slate]!);
    for (const slates of drawn) {
      let alike = true;
      for (let place = offsets[slate]!; place < offsets[slate + 1]!; place++) {
        slateOf[place] = slate;
        const hit = shownAt(slates, slate, positions[place]!) === items[place];
        alike &&= hit;
        if (hit) marginals[place]! += share;
        if (alike) prefixes[place - offsets[slate]!]! += share;
      }
    }
    for (let place = offsets[slate]!, above = 1; place < offsets[slate + 1]!; place++) {
      const prefix = prefixes[place - offsets[slate]!]!;
      conditionals[place] = above > 0 ? Math.min(1, prefix / above) : 0;
      above = prefix;
    }
  }
  const distribution = (place: number, out: Float64Array): void => {
    out.fill(0);
    for (const slates of drawn) {
      const item = shownAt(slates, slateOf[place]!, positions[place]!);
      if (item !== NONE) out[item]! += share;
    }
  };
  return { marginals: marginals.map((p) => Math.min(1, p)), conditionals, distribution };
}
