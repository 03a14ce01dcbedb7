import type { Random } from "@sequitur/core";
import type { CheckIns, Sequence } from "../history/check-ins.js";
import { samplePlaces } from "../choice/sampled-places.js";
import { categoryIndex, encodeAsks, encodeTokens, type EncodeOptions } from "../network/encoded.js";
import type { Batch } from "../network/network.js";

export interface BatchOptions extends EncodeOptions {
  /** Tokens of a batch, padding included; a batch has one sequence at least. */
  readonly batchSize: number;
  /** Places scored beside the answers; 0: all. */
  readonly sampledPlaces: number;
  /** Share of sequences whose user is hidden. */
  readonly userDropout: number;
}

/**
 * The batches of an epoch, in random order. Sequences of like length stand together, so that little is padding; which of
 * them share a batch is drawn anew each epoch.
 */
export function* epochBatches(
  checkIns: CheckIns,
  sequences: readonly Sequence[],
  options: BatchOptions,
  random: Random,
): Generator<Batch> {
  const hide = random.fork("users");
  const drawn = sequences.map((sequence) =>
    hide.uniform() < options.userDropout ? { ...sequence, user: -1 } : sequence,
  );
  random.fork("order").shuffle(drawn);
  const groups = random.fork("groups").shuffle(groupsOf(drawn, options.batchSize));
  const draw = random.fork("places");
  for (const group of groups) {
    const batch = batchOf(checkIns, group, options);
    const { sampledPlaces, facts } = options;
    const sampled = sampledPlaces > 0 ? samplePlaces(batch.answers.places, facts.size, sampledPlaces, draw) : undefined;
    yield { ...batch, ...(sampled && { sampled }) };
  }
}

/** How many batches an epoch has. */
export function batchCount(sequences: readonly Sequence[], batchSize: number): number {
  return groupsOf(sequences, batchSize).length;
}

/** One batch; `countFrom` of each sequence says which of its moments are asked. */
export function batchOf(checkIns: CheckIns, sequences: readonly Sequence[], options: EncodeOptions): Batch {
  const { facts } = options;
  const tokens = encodeTokens(checkIns, sequences, options);
  const asks = encodeAsks(checkIns, sequences, ({ countFrom }) => countFrom, tokens.length, options);
  // Token t of sequence b asks for row from + t: the answer is what training holds there.
  const rows = asks.tokens.map((token) => {
    const sequence = sequences[Math.floor(token / tokens.length)]!;
    return sequence.from + (token % tokens.length);
  });
  return {
    tokens,
    asks,
    answers: {
      places: rows.map((row) => checkIns.places[row]!),
      dayTimes: Float32Array.from(rows, (row) => checkIns.hours[row]! / 24),
      categories: rows.map((row) => categoryIndex(facts, checkIns.places[row]!)),
    },
  };
}

/** Cuts sequences, longest first, into groups of at most so many tokens. */
function groupsOf(sequences: readonly Sequence[], most: number): Sequence[][] {
  const sorted = [...sequences].sort((a, b) => b.to - b.from - (a.to - a.from)); // stable: like lengths stay shuffled
  const groups: Sequence[][] = [];
  for (let at = 0; at < sorted.length;) {
    const { from, to } = sorted[at]!;
    const count = Math.max(1, Math.floor(most / (to - from + 1)));
    groups.push(sorted.slice(at, at + count));
    at += count;
  }
  return groups;
}
