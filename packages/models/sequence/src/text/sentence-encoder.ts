import { PlatformError } from "@sequitur/core";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type * as onnx from "onnxruntime-web";
import { UNKNOWN, wordPieces, type WordPieces } from "./word-pieces.js";

/** A trained sentence encoder: texts to vectors. */
export interface SentenceEncoder {
  /** Of the model and its vocabulary. */
  readonly hash: string;
  /** One vector a text, all of one length; an empty text has none. */
  encode(texts: readonly string[]): Promise<Float32Array[]>;
  release(): Promise<void>;
}

export interface SentenceEncoderOptions {
  /** Path of an ONNX file. */
  readonly model: string;
  /** Path of its vocabulary: a WordPiece a line, with [CLS], [SEP] and [UNK] as BERT's. */
  readonly vocabulary: string;
  /** Tokens that are read, the two marks included. */
  readonly maxTokens: number;
  readonly threads: number;
}

type Runtime = typeof onnx;

/** What BERT and its like take. */
const INPUTS = new Set(["input_ids", "attention_mask", "token_type_ids"]);
/** Texts of one length that go through the encoder together. */
const BATCH = 32;

/**
 * Opens an encoder: token ids (B, L) in; token vectors (B, L, F), of which the mean is taken, or sentence vectors (B, F)
 * out. `unavailable` without the optional runtime, `not-found` without a file, `bad-data` for a model of another shape.
 */
export async function openSentenceEncoder(options: SentenceEncoderOptions): Promise<SentenceEncoder> {
  const { model, vocabulary, maxTokens, threads } = options;
  const [bytes, list] = [await read(model), await read(vocabulary)];
  const cutter = wordPieces(list.toString("utf8").split(/\r?\n/).filter(Boolean), true);
  const marks = ["[CLS]", "[SEP]", UNKNOWN].map((mark) => cutter.pieces.indexOf(mark));
  if (marks.includes(-1)) {
    throw new PlatformError("bad-data", `${vocabulary}: expected the pieces [CLS], [SEP] and ${UNKNOWN}.`);
  }
  const runtime = await loadRuntime();
  runtime.env.wasm.numThreads = threads;
  const session = await openSession(runtime, model, bytes);
  const encodeAlike = async (tokens: readonly Int32Array[]): Promise<Float32Array[]> =>
    vectorsOf(await session.run(feeds(runtime, session, tokens)), session, tokens, model);
  return {
    hash: createHash("sha256").update(bytes).update(list).update(`${maxTokens}`).digest("hex").slice(0, 32),
    encode: (texts) =>
      encodeByLength(
        texts.map((text) => marked(cutter, text, maxTokens, marks)),
        encodeAlike,
      ),
    release: () => session.release(),
  };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PlatformError("not-found", `the sentence encoder's file cannot be read at ${path}.`, { cause });
  }
}

async function loadRuntime(): Promise<Runtime> {
  try {
    return await import("onnxruntime-web");
  } catch (cause) {
    const message =
      "a sentence encoder needs the optional package onnxruntime-web: npm install onnxruntime-web@1.30.0.";
    throw new PlatformError("unavailable", message, { cause });
  }
}

async function openSession(runtime: Runtime, path: string, bytes: Uint8Array): Promise<onnx.InferenceSession> {
  let session: onnx.InferenceSession;
  try {
    session = await runtime.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  } catch (cause) {
    throw new PlatformError("bad-data", `${path}: no ONNX model: ${(cause as Error).message}`, { cause });
  }
  const others = session.inputNames.filter((name) => !INPUTS.has(name));
  if (session.inputNames.includes("input_ids") && others.length === 0) return session;
  const got = session.inputNames.join(", ");
  throw new PlatformError(
    "bad-data",
    `${path}: expected the input input_ids, and perhaps attention_mask and token_type_ids, got ${got}.`,
  );
}

/** [CLS], the pieces, [SEP]; nothing for a text without a word. */
function marked(cutter: WordPieces, text: string, maxTokens: number, [first, last]: readonly number[]): Int32Array {
  const { pieces } = cutter.cut(text, Math.max(1, maxTokens - 2));
  return pieces.length === 0 ? pieces : Int32Array.of(first!, ...pieces, last!);
}

/** Encodes texts of one length together, so that nothing is padded. */
async function encodeByLength(
  tokens: readonly Int32Array[],
  encodeAlike: (tokens: readonly Int32Array[]) => Promise<Float32Array[]>,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = tokens.map(() => new Float32Array(0));
  const order = [...tokens.keys()]
    .filter((text) => tokens[text]!.length > 0)
    .sort((a, b) => tokens[a]!.length - tokens[b]!.length);
  for (let from = 0; from < order.length;) {
    const { length } = tokens[order[from]!]!;
    let to = from;
    while (to < order.length && to - from < BATCH && tokens[order[to]!]!.length === length) to++;
    const part = order.slice(from, to);
    const encoded = await encodeAlike(part.map((text) => tokens[text]!));
    part.forEach((text, row) => (vectors[text] = encoded[row]!));
    from = to;
  }
  return vectors;
}

function feeds(
  runtime: Runtime,
  session: onnx.InferenceSession,
  tokens: readonly Int32Array[],
): Record<string, onnx.Tensor> {
  const shape = [tokens.length, tokens[0]!.length];
  const ids = BigInt64Array.from(tokens.flatMap((text) => Array.from(text, BigInt)));
  const values: Record<string, BigInt64Array> = {
    input_ids: ids,
    attention_mask: new BigInt64Array(ids.length).fill(1n),
    token_type_ids: new BigInt64Array(ids.length),
  };
  return Object.fromEntries(
    session.inputNames.map((name) => [name, new runtime.Tensor("int64", values[name]!, shape)]),
  );
}

/** A vector per text from the first output: itself, or the mean over its tokens. */
function vectorsOf(
  outputs: onnx.InferenceSession.OnnxValueMapType,
  session: onnx.InferenceSession,
  tokens: readonly Int32Array[],
  path: string,
): Float32Array[] {
  const { dims, data } = outputs[session.outputNames[0]!]!;
  const [count, length] = [tokens.length, tokens[0]!.length];
  const width = dims.at(-1)!;
  const perToken = dims.length === 3 && dims[1] === length;
  if (!(data instanceof Float32Array && dims[0] === count && width > 0 && (perToken || dims.length === 2))) {
    throw new PlatformError(
      "bad-data",
      `${path}: expected float32 vectors of shape [${count}, ${length}, F] or [${count}, F] for ${count} texts of ${length} ` +
        `tokens, got ${data.constructor.name} [${dims.join(", ")}].`,
    );
  }
  if (!perToken) return tokens.map((_, row) => data.slice(row * width, (row + 1) * width));
  return tokens.map((_, row) => {
    const mean = new Float32Array(width);
    for (let at = row * length * width; at < (row + 1) * length * width; at++) mean[at % width]! += data[at]! / length;
    return mean;
  });
}
