import { maxOf } from "@sequitur/core";
import type { Floats } from "@sequitur/kernels";
import type { Weights } from "@sequitur/nn";
import { BlockPass, type Blocks } from "../sasrec/block-pass.js";
import { BASE, digitCount, digitsOf, type DecoderConfig } from "./digit-decoder.js";

/** Item numbers that the decoder found for one state, the likeliest first, with their log-probabilities. */
export interface Found {
  readonly items: readonly number[];
  readonly scores: readonly number[];
}

/** Which numbers may be spelled: for each count of digits the prefixes of real items, a trie as arrays. */
export type DigitTrie = readonly Uint8Array[];

/** The trie of the items that `isReal` names, of `size` items in all. */
export function digitTrie(size: number, isReal: (item: number) => boolean): DigitTrie {
  const count = digitCount(size);
  const levels = Array.from({ length: count + 1 }, (_, digits) => new Uint8Array(BASE ** digits));
  for (let item = 0; item < size; item++) {
    if (!isReal(item)) continue;
    let prefix = 0;
    levels[0]![0] = 1;
    digitsOf(item, count).forEach((digit, at) => {
      prefix = prefix * BASE + digit;
      levels[at + 1]![prefix] = 1;
    });
  }
  return levels;
}

/** A number that is being spelled. */
interface Beam {
  /** The state that it started from. */
  readonly query: number;
  readonly prefix: number;
  readonly score: number;
  /** Its row in the step that it came from. */
  readonly parent: number;
}

/**
 * Spells the `width` likeliest item numbers for each of `rows` states (rows, D) by beam search over the trie. The beams of
 * all states go through the decoder together, one digit a step; keys and values of earlier digits are kept.
 */
export function beamSearch(
  weights: Weights,
  config: DecoderConfig & { readonly beam: number },
  trie: DigitTrie,
  states: Floats,
  rows: number,
): Found[] {
  let beams: Beam[] = Array.from({ length: rows }, (_, query) => ({ query, prefix: 0, score: 0, parent: query }));
  return weights.engine.memory.withScratch((scratch) => {
    const step = decoderSteps(
      weights,
      config,
      (length) => scratch.floats(length),
      new BlockPass(weights, blocksOf(config), scratch),
    );
    for (let digit = 0; digit + 1 < trie.length && beams.length > 0; digit++) {
      const logits = step(beams, digit === 0 ? states : undefined, digit); // (beams, 10)
      beams = extended(beams, logits, trie[digit + 1]!, config.beam, rows);
    }
    return Array.from({ length: rows }, (_, query) => {
      const own = beams.filter((beam) => beam.query === query);
      return { items: own.map(({ prefix }) => prefix), scores: own.map(({ score }) => score) };
    });
  });
}

function blocksOf({ width, heads, hidden, activation }: DecoderConfig): Blocks {
  const tables = { scope: "decoder.blocks", table: "decoder.digits.table", places: "decoder.positions.table" };
  return { ...tables, width, heads, hidden, activation, rotary: false, causal: true };
}

/** One step of the decoder for all beams: the logits (beams, 10) of the digit at a place. */
function decoderSteps(
  weights: Weights,
  { width }: DecoderConfig,
  floats: (length: number) => Floats,
  pass: BlockPass,
): (beams: readonly Beam[], states: Floats | undefined, place: number) => Float32Array {
  const { kernels } = weights.engine;
  let [keys, values] = [floats(0), floats(0)];
  return (beams, states, place) => {
    const count = beams.length;
    const lie = { count, length: 1, from: place };
    const x = floats(count * width);
    const positions = weights.get("decoder.positions.table").part(place * width, width);
    const symbols = weights.get("decoder.digits.table").array;
    beams.forEach(({ prefix }, row) => {
      const from =
        states === undefined ? symbols.subarray((prefix % BASE) * width) : states.array.subarray(row * width);
      for (let i = 0; i < width; i++) x.array[row * width + i] = from[i]! + positions.array[i]!;
    });
    const h = pass.norm("decoder.blocks.0.attentionNorm", x);
    const grown = (kept: Floats, added: Floats): Floats =>
      grow(floats((place + 1) * count * width), kept, added, beams, place * width, width);
    keys = grown(keys, pass.project(0, "key", h, lie));
    values = grown(values, pass.project(0, "value", h, lie));
    const out = pass.norm(
      "decoder.blocks.norm",
      pass.finish(0, x, [pass.project(0, "query", h, lie), keys, values], lie),
    );
    const logits = floats(count * BASE);
    kernels.matmul(logits, out, weights.get("decoder.output.table"), { m: count, n: BASE, k: width, transposeB: true });
    return logits.array;
  };
}

/** Each beam's kept rows, those of its parent, with its new one at their end. */
function grow(out: Floats, kept: Floats, added: Floats, beams: readonly Beam[], before: number, width: number): Floats {
  beams.forEach(({ parent }, row) => {
    const at = row * (before + width);
    if (before > 0) out.array.set(kept.array.subarray(parent * before, (parent + 1) * before), at);
    out.array.set(added.array.subarray(row * width, (row + 1) * width), at + before);
  });
  return out;
}

/** The best `most` one digit longer numbers of each state, best first; ties go to the lower number. */
function extended(
  beams: readonly Beam[],
  logits: Float32Array,
  allowed: Uint8Array,
  most: number,
  rows: number,
): Beam[] {
  const byQuery = Array.from({ length: rows }, (): Beam[] => []);
  beams.forEach(({ query, prefix, score }, row) => {
    const own = logits.subarray(row * BASE, (row + 1) * BASE);
    const top = maxOf(own);
    const logSum = top + Math.log(own.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
    own.forEach((logit, digit) => {
      const next = prefix * BASE + digit;
      if (allowed[next] === 1)
        byQuery[query]!.push({ query, prefix: next, score: score + logit - logSum, parent: row });
    });
  });
  return byQuery.flatMap((list) => list.sort((a, b) => b.score - a.score || a.prefix - b.prefix).slice(0, most));
}
