import type { Scratch } from "@sequitur/kernels";
import type { Weights } from "@sequitur/nn";
import { BlockPass, type Rows } from "../sasrec/block-pass.js";
import { itemLmBlocks, type ItemLmConfig } from "./item-lm.js";

/** Tokens that are encoded at once; more would leave the cache. */
const POSITIONS = 4096;

/** The Item LM's forward pass as kernel calls: tokens of n texts -> (n, F); an empty text gives zeros. */
export function encodeTexts(weights: Weights, config: ItemLmConfig, texts: readonly Int32Array[]): Float32Array {
  const { textWidth: width } = config;
  const vectors = new Float32Array(texts.length * width);
  const byLength = new Map<number, number[]>();
  texts.forEach(({ length }, text) => {
    if (length === 0) return;
    const alike = byLength.get(length);
    if (alike === undefined) byLength.set(length, [text]);
    else alike.push(text);
  });
  for (const [length, members] of byLength) {
    const at = Math.max(1, Math.floor(POSITIONS / length));
    for (let from = 0; from < members.length; from += at) {
      const part = members.slice(from, from + at);
      weights.engine.memory.withScratch((scratch) => {
        const tokens = scratch.ints(part.length * length);
        part.forEach((text, row) => tokens.array.set(texts[text]!, row * length));
        const rows = encodeAlike(weights, config, scratch, tokens, { count: part.length, length, from: 0 });
        part.forEach((text, row) => vectors.set(rows.subarray(row * width, (row + 1) * width), text * width));
      });
    }
  }
  return vectors;
}

/** Texts of one length, so that nothing is padded. */
function encodeAlike(
  weights: Weights,
  config: ItemLmConfig,
  scratch: Scratch,
  tokens: ReturnType<Scratch["ints"]>,
  lie: Rows,
): Float32Array {
  const { textWidth: width, textLayers: layers, pooling } = config;
  const pass = new BlockPass(weights, itemLmBlocks(config), scratch);
  let x = pass.embed(tokens, lie); // (n, m, F)
  for (let layer = 0; layer < layers; layer++) {
    const h = pass.norm(`text.encoder.${layer}.attentionNorm`, x);
    const maps = [pass.project(layer, "query", h, lie), pass.project(layer, "key", h, lie)] as const;
    x = pass.finish(layer, x, [...maps, pass.project(layer, "value", h, lie)], lie);
  }
  if (pooling === "last") return pass.norm("text.norm", pass.last(x, lie)).array;
  const { count, length } = lie;
  const [out, ones] = [scratch.floats(count * width), scratch.floats(length)];
  ones.array.fill(1 / length);
  weights.engine.kernels.matmul(out, ones, x, { m: 1, n: width, k: length, batch: count, strideA: 0 });
  return pass.norm("text.norm", out).array;
}
