import { stringsOf, stringsTensor, type Tensor } from "@sequitur/core";
import type { Engine } from "@sequitur/kernels";
import { artifactTensor, loadSparse, sparseTensors, type Artifact, type SparseRows } from "@sequitur/recommender";
import { causalEncoderShapes } from "../sasrec/network.js";
import type { LiteLlm4recConfig } from "./config.js";
import { decoderShapes } from "./digit-decoder.js";
import { itemLmShapes } from "./item-lm.js";
import { projectTexts, textRows, type Standard } from "./item-vectors.js";

/** What a fit has found: weights over the trained items, and how texts become vectors. */
export interface FittedParts {
  readonly config: LiteLlm4recConfig;
  /** N */
  readonly size: number;
  /** (T) the trained items, which the weights are about. */
  readonly trained: Int32Array;
  /** (T) their interactions in training. */
  readonly counts: Int32Array;
  readonly shares: Float32Array;
  /** Weights of both levels by name; those of an Item LM under `text`. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** (N, F) raw text vectors, zeros where an item has no text. */
  readonly textVectors: Float32Array;
  readonly standard: Standard;
  /** (V, N) TF-IDF of the words of the items' texts. */
  readonly words: SparseRows;
  /** Absent where an encoder from outside made the vectors. */
  readonly pieces?: readonly string[];
}

/** The tensors of an artifact, by name: what scores, and what makes the vector of a new text. */
export function liteTensors(parts: FittedParts, engine: Engine): Map<string, Tensor> {
  const { config, size, trained, counts, shares, weights, textVectors, standard, words, pieces } = parts;
  const { width, head } = config;
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of weights) {
    const own = name === "ids.table" || name.startsWith("output.");
    const others = name === "output.bias" ? (config.coldBias ?? 0) : 0;
    tensors.set(name === "ids.table" ? "items.id" : name, own ? spreadRows(tensor, trained, size, others) : tensor);
  }
  const textWidth = standard.centre.length;
  tensors.set("text.centre", { shape: [textWidth], data: standard.centre });
  tensors.set("text.spread", { shape: [textWidth], data: standard.spread });
  if (pieces !== undefined) tensors.set("text.pieces", stringsTensor(pieces));
  tensors.set("items.text", { shape: [size, width], data: projectTexts(engine, textVectors, tensors) });
  if ((config.textMatch ?? 0) > 0) {
    for (const [name, tensor] of sparseTensors("words", words)) tensors.set(name, tensor);
    const trust = new Float32Array(size).fill(1);
    trained.forEach((item, row) => (trust[item] = config.textPrior / (config.textPrior + counts[row]!)));
    tensors.set("items.trust", { shape: [size], data: trust });
  }
  const known = Uint8Array.from(shares, (share) => (share > 0 ? 1 : 0));
  if (head === "tied") {
    textRows(textVectors, textWidth).forEach((has, item) => {
      if (has > 0) known[item] = 1;
    });
  }
  tensors.set("known", { shape: [size], data: known });
  tensors.set("shares", { shape: [size], data: shares });
  return new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Rows of trained items (T, ...) among those of all (N, ...), which else are filled with one number. */
function spreadRows({ shape, data }: Tensor, trained: Int32Array, size: number, others: number): Tensor {
  const width = shape[1] ?? 1;
  const out = new Float32Array(size * width).fill(others);
  trained.forEach((item, row) =>
    out.set((data as Float32Array).subarray(row * width, (row + 1) * width), item * width),
  );
  return { shape: [size, ...shape.slice(1)], data: out };
}

/** The tensors of an artifact, checked; `bad-artifact` for what is missing or has another type or shape. */
export function readTensors(artifact: Artifact, config: LiteLlm4recConfig): Map<string, Tensor> {
  const size = artifact.catalog.items.size;
  const { width, head, loss, itemId, textMatch = 0 } = config;
  const tensors = new Map<string, Tensor>();
  const take = <T extends Tensor["data"]>(
    name: string,
    Data: abstract new (...args: never[]) => T,
    shape: readonly number[],
  ): T => {
    const data = artifactTensor(artifact, name, Data, shape);
    tensors.set(name, { shape: artifact.tensors.get(name)!.shape, data });
    return data;
  };
  const own = config.sentenceEncoder === undefined;
  const textWidth = take("text.centre", Float32Array, [own ? config.textWidth : -1]).length;
  const shapes = new Map<string, readonly number[]>([
    ["items.text", [size, width]],
    ...(itemId ? [["items.id", [size, width]] as const] : []),
    ["text.spread", [textWidth]],
    ["text.projection.weight", [textWidth, width]],
    ["shares", [size]],
    ...causalEncoderShapes(config),
  ]);
  if (textMatch > 0) {
    for (const [name, tensor] of sparseTensors("words", loadSparse(artifact, "words", -1, size)))
      tensors.set(name, tensor);
    shapes.set("items.trust", [size]);
  }
  if (head !== "generative" && loss === "softmax") shapes.set("output.bias", [size]);
  if (head === "free") shapes.set("output.table", [size, width]);
  if (head === "generative") decoderShapes(shapes, size, config);
  if (own) {
    take("text.pieces", Uint8Array, [-1]);
    const { length } = stringsOf(tensors.get("text.pieces"), "tensor text.pieces");
    for (const [name, shape] of itemLmShapes(length, config)) shapes.set(name, shape);
  }
  for (const [name, shape] of shapes) take(name, Float32Array, shape);
  take("known", Uint8Array, [size]);
  return new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)));
}
