import { normalAt, normalRow, rowStream, type Bytes, type Floats, type Scratch } from "@sequitur/kernels";
import { slotOf, type Slot, type SlotName } from "./globals.js";
import { addItemPrior, addOthersPrior } from "./priors.js";
import { addScoreGradient, clampScore, scoreOf, softmaxInto } from "./slate-loss.js";
import { START_PRIOR_SCALE, startState } from "./start-state.js";
import { scaleOf, type StepGradients, type Trainee } from "./trainee.js";
import { encodeGru, encodeLinear, type ClickBatch, type EncodedUsers } from "./user-encoder.js";
import type { Choices } from "./windows.js";

/** "linear": items, groups and biases are learned under the linear state; "gru": its weights and biases, items frozen. */
export type Phase = "linear" | "gru";

/** What a phase learns of the globals; `start` has a point estimate. */
const LEARNED: Readonly<Record<Phase, readonly SlotName[]>> = {
  linear: ["groupMean", "groupScale", "bias", "keep", "start", "startMean"],
  gru: ["bias", "start", "startMean", "input", "hidden", "output", "gateBias"],
};

/** As published, the first state has no mean of its own and the gates have no biases. */
function learnedIn(phase: Phase, { compat }: Trainee["config"]): readonly SlotName[] {
  return compat === "paper"
    ? LEARNED[phase].filter((name) => name !== "startMean" && name !== "gateBias")
    : LEARNED[phase];
}

/** What a step needs besides the batch. */
export interface StepContext {
  readonly phase: Phase;
  /** U, training windows in all. */
  readonly windows: number;
  /** (N) see `BatchReader.expectedTouches`. */
  readonly expectedTouches: Float64Array;
  /** Names the draw. */
  readonly key: number;
}

const GLOBAL_ROW = 0x7fffffff;
const START_ROW = 0x70000000;
const STREAM_WIDTH = 1 << 12;

/**
 * The loss of one reparameterised draw, and its gradient. With U windows in all and B in the batch,
 *   loss = 1/B sum over windows [-1/tau sum_t log P(c_t | slate) + sum over its items KL_i c_i/E_i] + 1/U KL(other parameters),
 * where c_i counts the touches of item i in the batch and E_i those in a pass over the data. Its mean over a pass is
 * -ELBO/U exactly, although no row outside the batch is read or written. A first state is h_0 ~ N(m, s^2) for everybody,
 * so that it knows nothing of the clicks that it is to predict; as published, it is amortised over them and has a KL.
 */
export function lossGradient(
  out: StepGradients,
  trainee: Trainee,
  batch: Choices,
  context: StepContext,
  scratch: Scratch,
): number {
  const { config, globals, others } = trainee;
  const { width } = config;
  const size = batch.userOffsets.length - 1;
  const noise = scratch.floats(globals.size);
  const drawn = drawOthers(trainee, noise, context, scratch);
  const drawnItems = drawItems(trainee, batch.items, context.key, scratch);
  const { vectors } = drawnItems;
  const start = drawStarts(trainee, batch, drawn, context.key, scratch);
  const clicks = clickBatch(batch, vectors, start.values, width, scratch);
  const encoded =
    context.phase === "linear"
      ? encodeLinear(scratch, clicks, drawn, globals)
      : encodeGru(trainee.engine, scratch, clicks, drawn, globals);
  const gVectors = zeros(scratch, vectors.length);
  const gz = zeros(scratch, encoded.z.length);
  const gDrawn = scratch.floats(globals.size);
  gDrawn.array.fill(0);
  let loss = addLikelihood(gz.array, gVectors.array, gDrawn.array, encoded, batch, vectors, drawn, trainee, size);
  const gStart = zeros(scratch, size * width);
  const gx = zeros(scratch, clicks.x.length);
  encoded.backward(gDrawn.array, gStart, gx, gz);
  scatterClicks(gVectors.array, gx.array, batch, clicks.length, width);
  if (config.compat === "paper") {
    loss += addStartPrior(gDrawn.array, globals.start, start, gStart.array, drawn[globals.start.from]!, size);
  } else addStartGradient(gDrawn.array, globals, start, gStart.array, width);
  if (context.phase === "linear") {
    itemGradient(out.items.array, gVectors.array, drawnItems, config);
    const share = { expectedTouches: context.expectedTouches, size };
    loss += addItemPrior(out.items.array, gDrawn.array, trainee, batch, drawn, drawnItems.scales, share);
  }
  othersGradient(out.others.array, trainee, gDrawn.array, noise.array);
  const learned = learnedIn(context.phase, config);
  loss += addOthersPrior(out.others.array, others.values.array, trainee, learned, context.windows);
  return loss;
}

function zeros(scratch: Scratch, length: number): Floats {
  const block = scratch.floats(length);
  block.array.fill(0);
  return block;
}

/** A draw of every global; those that the phase does not learn, and the point estimate, are at their means. */
function drawOthers({ globals, others, config }: Trainee, noise: Floats, context: StepContext, scratch: Scratch) {
  const drawn = scratch.floats(globals.size).array;
  const values = others.values.array;
  drawn.set(values.subarray(0, globals.size));
  noise.array.fill(0);
  for (const name of learnedIn(context.phase, config)) {
    const { from, size, prior }: Slot = globals[name];
    if (prior === undefined) continue;
    for (let at = from; at < from + size; at += STREAM_WIDTH) {
      const part = noise.array.subarray(at, Math.min(at + STREAM_WIDTH, from + size));
      normalRow(part, context.key, GLOBAL_ROW - at);
    }
    for (let at = from; at < from + size; at++) {
      drawn[at]! += scaleOf(values[globals.size + at]!, config.maxScale) * noise.array[at]!;
    }
  }
  return drawn;
}

/** (n, D) each: one draw of the items of a batch, and what it was made with. */
interface ItemDraw {
  readonly vectors: Floats;
  readonly noise: Float32Array;
  readonly scales: Float32Array;
}

/** v_i = m_i + s_i eps, eps keyed by the draw, the item and the dimension. */
function drawItems({ items, config }: Trainee, list: Int32Array, key: number, scratch: Scratch): ItemDraw {
  const { width, maxScale } = config;
  const vectors = scratch.floats(list.length * width);
  const noise = scratch.floats(list.length * width).array;
  const scales = scratch.floats(list.length * width).array;
  const values = items.values.array;
  const drawn = vectors.array;
  for (let place = 0; place < list.length; place++) {
    const stream = rowStream(key, list[place]!);
    const from = list[place]! * 2 * width;
    for (let j = 0; j < width; j++) {
      const to = place * width + j;
      noise[to] = normalAt(stream, j);
      scales[to] = scaleOf(values[from + width + j]!, maxScale);
      drawn[to] = values[from + j]! + scales[to] * noise[to];
    }
  }
  return { vectors, noise, scales };
}

interface StartDraw {
  /** (B, D) the drawn first states. */
  readonly values: Floats;
  /** (B, D) their means, and their scales for s = 1. */
  readonly means: Float32Array;
  readonly scales: Float32Array;
  readonly noise: Float32Array;
  /** (B) 1 where it is amortised over clicks. */
  readonly isAmortised: Uint8Array;
}

/** First states around m; as published, around the posterior means of what was clicked, which get no gradient. */
export function drawStarts(
  trainee: Trainee,
  batch: Choices,
  drawn: Float32Array,
  key: number,
  scratch: Scratch,
): StartDraw {
  const { config, globals } = trainee;
  const { width } = config;
  const s = drawn[globals.start.from]!;
  const size = batch.userOffsets.length - 1;
  const [values, means, scales, noise] = [0, 1, 2, 3].map(() => scratch.floats(size * width)) as [
    Floats,
    Floats,
    Floats,
    Floats,
  ];
  const isAmortised = new Uint8Array(size);
  for (let b = 0; b < size; b++) {
    const row = [b * width, (b + 1) * width] as const;
    const clicked = batch.clicks
      .subarray(batch.clickOffsets[b], batch.clickOffsets[b + 1])
      .map((place) => batch.items[place]!);
    const [mean, scale] = [means.array.subarray(...row), scales.array.subarray(...row)];
    if (config.compat === "paper") {
      isAmortised[b] = startState(mean, scale, clicked, trainee.items.values.array, 2 * width) ? 1 : 0;
    } else {
      mean.set(slotOf(drawn, globals.startMean));
      scale.fill(1);
    }
    const own = noise.array.subarray(...row);
    normalRow(own, key, START_ROW + b);
    const factor = isAmortised[b] === 1 || config.compat === "none" ? s : 1;
    for (let j = 0; j < width; j++) values.array[row[0] + j] = mean[j]! + factor * scale[j]! * own[j]!;
  }
  return { values, means: means.array, scales: scales.array, noise: noise.array, isAmortised };
}

function clickBatch(batch: Choices, vectors: Floats, start: Floats, width: number, scratch: Scratch): ClickBatch {
  const size = batch.userOffsets.length - 1;
  let length = 0;
  for (let b = 0; b < size; b++) length = Math.max(length, batch.clickOffsets[b + 1]! - batch.clickOffsets[b]!);
  const x = zeros(scratch, size * length * width);
  const mask: Bytes = scratch.bytes(size * length);
  mask.array.fill(0);
  for (let b = 0; b < size; b++) {
    for (let at = batch.clickOffsets[b]!; at < batch.clickOffsets[b + 1]!; at++) {
      const to = b * length + at - batch.clickOffsets[b]!;
      const from = batch.clicks[at]! * width;
      x.array.set(vectors.array.subarray(from, from + width), to * width);
      mask.array[to] = 1;
    }
  }
  return { size, length, width, start, x, mask };
}

function addLikelihood(
  gz: Float32Array,
  gVectors: Float32Array,
  gDrawn: Float32Array,
  { z }: EncodedUsers,
  batch: Choices,
  vectors: Floats,
  drawn: Float32Array,
  { config, globals }: Trainee,
  size: number,
): number {
  const { width, temperature, score: form } = config;
  const share = 1 / (temperature * size);
  const longest = batch.offsets.reduce((most, end, at) => Math.max(most, end - (batch.offsets[at - 1] ?? end)), 0);
  const raw = new Float64Array(longest + 1);
  const scores = new Float64Array(longest + 1);
  const states = z.length / width / size;
  let sum = 0;
  for (let b = 0; b < size; b++) {
    for (let step = batch.userOffsets[b]!; step < batch.userOffsets[b + 1]!; step++) {
      const zAt = (b * states + batch.clicksBefore[step]!) * width;
      const biasAt = globals.bias.from + Math.min(batch.biases[step]!, globals.bias.size - 1);
      const first = batch.offsets[step]!;
      const count = batch.offsets[step + 1]! - first;
      scores[0] = clampScore(drawn[biasAt]!);
      for (let k = 0; k < count; k++) {
        const vAt = batch.locals[first + k]! * width;
        raw[k + 1] = scoreOf(form, z.array, zAt, vectors.array, vAt, width);
        scores[k + 1] = clampScore(raw[k + 1]!);
      }
      const target = batch.targets[step]!;
      sum += softmaxInto(scores, count + 1, target);
      if (drawn[biasAt] === clampScore(drawn[biasAt]!)) {
        gDrawn[biasAt]! += share * (scores[0] - (target === 0 ? 1 : 0));
      }
      for (let k = 1; k <= count; k++) {
        const slope = share * (scores[k]! - (target === k ? 1 : 0));
        const vAt = batch.locals[first + k - 1]! * width;
        addScoreGradient(form, slope, raw[k]!, z.array, gz, zAt, vectors.array, gVectors, vAt, width);
      }
    }
  }
  return -share * sum;
}

function scatterClicks(gVectors: Float32Array, gx: Float32Array, batch: Choices, length: number, width: number): void {
  for (let b = 0; b + 1 < batch.clickOffsets.length; b++) {
    for (let at = batch.clickOffsets[b]!; at < batch.clickOffsets[b + 1]!; at++) {
      const from = (b * length + at - batch.clickOffsets[b]!) * width;
      const to = batch.clicks[at]! * width;
      for (let j = 0; j < width; j++) gVectors[to + j]! += gx[from + j]!;
    }
  }
}

/** Adds the gradients of m and s. */
function addStartGradient(
  gDrawn: Float32Array,
  { start: slot, startMean }: Trainee["globals"],
  { noise }: StartDraw,
  gStart: Float32Array,
  width: number,
): void {
  for (const [at, slope] of gStart.entries()) {
    gDrawn[startMean.from + (at % width)]! += slope;
    gDrawn[slot.from]! += slope * noise[at]!;
  }
}

/** KL(q(h_0) | N(0, 0.5^2)) of the amortised first states, a B-th each; adds to the gradient of s. */
function addStartPrior(
  gDrawn: Float32Array,
  slot: Slot,
  start: StartDraw,
  gStart: Float32Array,
  s: number,
  size: number,
): number {
  const width = start.noise.length / size;
  const variance = START_PRIOR_SCALE ** 2;
  let [loss, slope] = [0, 0];
  for (let b = 0; b < size; b++) {
    if (start.isAmortised[b] === 0) continue;
    for (let at = b * width; at < (b + 1) * width; at++) {
      const scale = s * start.scales[at]!;
      loss += Math.log(START_PRIOR_SCALE / scale) + (scale * scale + start.means[at]! ** 2) / (2 * variance) - 0.5;
      slope +=
        (scale / variance - 1 / scale) * start.scales[at]! + gStart[at]! * size * start.scales[at]! * start.noise[at]!;
    }
  }
  gDrawn[slot.from]! += slope / size;
  return loss / size;
}

/** From the gradient of the draw to that of means and rhos: d/dm = g, d/drho = g eps s (1 - s / maxScale). */
function itemGradient(
  out: Float32Array,
  gVectors: Float32Array,
  { noise, scales }: ItemDraw,
  { width, maxScale }: Trainee["config"],
): void {
  for (let from = 0; from < scales.length; from += width) {
    for (let j = 0; j < width; j++) {
      const g = gVectors[from + j]!;
      const scale = scales[from + j]!;
      out[2 * from + j] = g;
      out[2 * from + width + j] = g * noise[from + j]! * scale * (1 - scale / maxScale);
    }
  }
}

/** The same for the parameters that are not items. */
function othersGradient(
  out: Float32Array,
  { others, globals, config }: Trainee,
  gDrawn: Float32Array,
  noise: Float32Array,
): void {
  for (let at = 0; at < globals.size; at++) {
    const scale = scaleOf(others.values.array[globals.size + at]!, config.maxScale);
    out[at] = gDrawn[at]!;
    out[globals.size + at] = gDrawn[at]! * noise[at]! * scale * (1 - scale / config.maxScale);
  }
}
