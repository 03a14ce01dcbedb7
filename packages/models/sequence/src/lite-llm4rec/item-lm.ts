import {
  dropout,
  embeddingLayer,
  learnedPositions,
  takeRows,
  tf,
  transformer,
  normLayer,
  unitRows,
  type Initializer,
  type Pass,
  type Scope,
} from "@sequitur/nn";
import type { Blocks } from "../sasrec/block-pass.js";
import { transformerShapes } from "../sasrec/network.js";
import type { LiteLlm4recConfig } from "./config.js";

/** The keys of a config that shape the Item LM. */
export type ItemLmConfig = Pick<
  LiteLlm4recConfig,
  "textWidth" | "textLayers" | "textHeads" | "textHidden" | "maxTokens" | "activation" | "pooling" | "dropout"
>;

/** f: the tokens of S texts -> (S, F), one vector each; an empty text gives zeros. */
export type ItemLm = (texts: readonly Int32Array[], pass: Pass) => tf.Tensor2D;

/** Texts are padded to a multiple of this, so that few sizes occur and little is padding. */
const LENGTH_STEP = 8;

/**
 * The Item LM over its parameters: token vectors, learned positions, blocks that look both ways, pooling, a norm. `lengths` (V)
 * are those of the token vectors before training, when the blocks add nothing: it starts as a weighted bag of
 * random word vectors, in which texts are alike by the words that they share, and learns from there.
 */
export function itemLm(scope: Scope, lengths: Float32Array, config: ItemLmConfig): ItemLm {
  const { textWidth: width, textLayers: layers, textHeads: heads, maxTokens, pooling, activation } = config;
  const initializer: Initializer = (size, shape, random) =>
    unitRows(size, shape, random).map((value, at) => value * lengths[Math.floor(at / width)]!);
  const words = embeddingLayer(scope.scope("words"), { size: lengths.length, width, initializer });
  const place = learnedPositions(scope.scope("positions"), { length: maxTokens, width });
  const blocks = { layers, width, heads, hidden: config.textHidden, activation, dropout: config.dropout };
  const encode = transformer(scope.scope("encoder"), { ...blocks, startsAsIdentity: true, lastNorm: false });
  const norm = normLayer(scope.scope("norm"), width);
  const pooled = (group: Group, pass: Pass): tf.Tensor2D => {
    const { count, length } = group;
    const x = tf.mul(
      words.lookUp(tf.tensor2d(group.tokens, [count, length], "int32")),
      Math.sqrt(width),
    ) as tf.Tensor3D;
    const mask = tf.tensor2d(group.mask, [count, length], "int32");
    const h = encode(dropout(place(x), config.dropout, pass), pass, mask); // (n, m, F)
    const weights = tf.tensor3d(pooling === "mean" ? group.means : group.lasts, [count, 1, length]);
    return norm(tf.reshape(tf.matMul(weights, h), [count, width])) as tf.Tensor2D;
  };
  return (texts, pass) => {
    const { groups, rows } = groupTexts(texts, maxTokens);
    if (groups.length === 0) return tf.zeros([texts.length, width]);
    const parts = groups.map((group) => pooled(group, pass));
    const all = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
    return takeRows(all, tf.tensor1d(rows, "int32"));
  };
}

/** Texts of like length, padded at their end. */
interface Group {
  readonly count: number;
  readonly length: number;
  /** (count, length) -1 at padding. */
  readonly tokens: Int32Array;
  readonly mask: Int32Array;
  /** (count, length) weights that give the mean of a text's tokens, and its last one. */
  readonly means: Float32Array;
  readonly lasts: Float32Array;
}

/** The texts in groups, and the row of each among all rows of the groups; -1 for an empty one. */
function groupTexts(texts: readonly Int32Array[], maxTokens: number): { groups: Group[]; rows: Int32Array } {
  const byLength = new Map<number, number[]>();
  texts.forEach(({ length }, text) => {
    if (length === 0) return;
    const padded = Math.min(maxTokens, Math.ceil(length / LENGTH_STEP) * LENGTH_STEP);
    const alike = byLength.get(padded);
    if (alike === undefined) byLength.set(padded, [text]);
    else alike.push(text);
  });
  const rows = new Int32Array(texts.length).fill(-1);
  let row = 0;
  const groups = [...byLength]
    .sort(([a], [b]) => a - b)
    .map(([length, members]) => {
      for (const text of members) rows[text] = row++;
      return groupOf(
        members.map((text) => texts[text]!),
        length,
      );
    });
  return { groups, rows };
}

function groupOf(texts: readonly Int32Array[], length: number): Group {
  const count = texts.length;
  const size = count * length;
  const tokens = new Int32Array(size).fill(-1);
  const mask = new Int32Array(size);
  const [means, lasts] = [new Float32Array(size), new Float32Array(size)];
  texts.forEach((text, row) => {
    const from = row * length;
    tokens.set(text, from);
    mask.fill(1, from, from + text.length);
    means.fill(1 / text.length, from, from + text.length);
    lasts[from + text.length - 1] = 1;
  });
  return { count, length, tokens, mask, means, lasts };
}

/** The Item LM as blocks of kernel calls, under the scope `text`. */
export function itemLmBlocks({ textWidth, textHeads, textHidden, activation }: ItemLmConfig): Blocks {
  const tables = { scope: "text.encoder", table: "text.words.table", places: "text.positions.table" };
  return {
    ...tables,
    width: textWidth,
    heads: textHeads,
    hidden: textHidden,
    activation,
    rotary: false,
    causal: false,
  };
}

/** Name -> shape of its parameters under the scope `text`. */
export function itemLmShapes(vocabulary: number, config: ItemLmConfig): Map<string, readonly number[]> {
  const { textWidth: width, textLayers: layers, textHidden: hidden, maxTokens } = config;
  const shapes = new Map<string, readonly number[]>([
    ["text.words.table", [vocabulary, width]],
    ["text.positions.table", [maxTokens, width]],
  ]);
  transformerShapes(shapes, "text.encoder", { width, layers, hidden, lastNorm: false });
  for (const part of ["gain", "bias"]) shapes.set(`text.norm.${part}`, [width]);
  return shapes;
}
