import { NONE, PlatformError } from "@sequitur/core";
import {
  activeSequitur,
  differentiable,
  isRecording,
  timesUpstream,
  type tf,
  type SequiturBackend,
  type SparseRows,
} from "@sequitur/nn";
import { logMixture, totalMass, type MixtureRow } from "./mixture.js";
import { addPlaceTerms, addTermGradients, type PlaceTerms, type StepRows } from "./place-scores.js";

/** What the loss of the next place reads; absent parts take no part. All float32. */
export interface ChoiceTensors {
  /** (M, D), (N, D), (N) */
  readonly states: tf.Tensor2D;
  readonly table: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
  /** Each last place's, and (N) of every place scored: the two vectors of the transition attention map. */
  readonly map?: { readonly source: tf.Tensor1D; readonly target: tf.Tensor1D };
  /** (classes, DISTANCE_STEPS) */
  readonly distance?: tf.Tensor2D;
  /** (V) ln mass of each past visit, (M) ln mass of choosing anew. */
  readonly own?: { readonly masses: tf.Tensor1D; readonly anew: tf.Tensor1D };
}

/** What is no parameter. */
export interface ChoiceFacts {
  /** (M) the place that came; NONE counts nothing. */
  readonly answers: Int32Array;
  readonly lastPlaces: Int32Array;
  readonly gapClasses: Uint8Array;
  readonly visitOffsets: Int32Array;
  readonly visitPlaces: Int32Array;
  readonly adjacency: SparseRows;
  readonly steps: StepRows;
}

/** Scores held at once: blocks of rows keep within a cache, and no (M, N) matrix is ever whole. */
const BLOCK_SCORES = 1 << 19;

/**
 * Mean over the answers of -ln P(answer), P the mixture of `mixture.ts` over q = softmax(states . table + terms). One pass
 * over blocks of rows gives the loss and every gradient. Needs the sequitur backend.
 */
export function nextPlaceLoss(tensors: ChoiceTensors, facts: ChoiceFacts): tf.Scalar {
  const backend = activeSequitur();
  if (backend === undefined) throw new PlatformError("unavailable", "the loss of places needs the sequitur backend.");
  const { states, table, bias, map, distance, own } = tensors;
  const inputs: tf.Tensor[] = [
    states,
    table,
    bias,
    ...(map === undefined ? [] : [map.source, map.target]),
    ...(distance === undefined ? [] : [distance]),
    ...(own === undefined ? [] : [own.masses, own.anew]),
  ];
  return differentiable<tf.Scalar>(
    inputs,
    (save) => {
      const outputs = isRecording() ? inputs.map((input) => backend.output(input.shape)) : [];
      for (const { block } of outputs.slice(1)) backend.kernels.fill(block, 0);
      const blocks = new Map(inputs.map((input, at) => [input, outputs[at]?.block.array]));
      const loss = backend.output([]);
      loss.block.array[0] = new LossPass(backend, tensors, facts, (input) => blocks.get(input)).run(
        outputs[0]?.block,
        outputs[1]?.block,
      );
      save(outputs.map(({ tensor }) => tensor));
      return loss.tensor as tf.Scalar;
    },
    timesUpstream,
  );
}

type Floats = ReturnType<SequiturBackend["floats"]>;

class LossPass {
  private readonly backend: SequiturBackend;
  private readonly tensors: ChoiceTensors;
  private readonly facts: ChoiceFacts;
  private readonly gradientOf: (input: tf.Tensor) => Float32Array | undefined;
  private readonly terms: PlaceTerms;
  private readonly weight: number;

  constructor(
    backend: SequiturBackend,
    tensors: ChoiceTensors,
    facts: ChoiceFacts,
    gradientOf: (input: tf.Tensor) => Float32Array | undefined,
  ) {
    this.backend = backend;
    this.tensors = tensors;
    this.facts = facts;
    this.gradientOf = gradientOf;
    this.terms = this.readTerms();
    this.weight = 1 / Math.max(1, facts.answers.filter((answer) => answer !== NONE).length);
  }

  /** The mean loss; the gradients of states and table go into the blocks given, the others where `gradientOf` says. */
  run(statesGradient: Floats | undefined, tableGradient: Floats | undefined): number {
    const { backend, tensors } = this;
    const [rows, width] = tensors.states.shape;
    const items = tensors.table.shape[0];
    const [states, table] = [backend.floats(tensors.states), backend.floats(tensors.table)];
    const most = Math.max(8, Math.min(256, Math.floor(BLOCK_SCORES / items)));
    let loss = 0;
    for (let from = 0; from < rows; from += most) {
      const count = Math.min(most, rows - from);
      const hidden = states.part(from * width, count * width);
      backend.engine.memory.withScratch((scratch) => {
        const scores = scratch.floats(count * items);
        backend.kernels.matmul(scores, hidden, table, { m: count, n: items, k: width, transposeB: true });
        const { answerLogs } = this.normalise(scores, from, count, items);
        for (let row = 0; row < count; row++) {
          loss += this.finishRow(scores, from + row, row, items, answerLogs[row]!, statesGradient !== undefined);
        }
        if (statesGradient === undefined || tableGradient === undefined) return;
        const sums = scratch.floats(items);
        backend.kernels.columnSums(sums, scores, count, items);
        const intoBias = this.gradientOf(tensors.bias)!;
        for (let place = 0; place < items; place++) intoBias[place]! += sums.array[place]!;
        const part = statesGradient.part(from * width, count * width);
        backend.kernels.matmul(part, scores, table, { m: count, n: width, k: items });
        backend.kernels.matmul(tableGradient, scores, hidden, {
          m: items,
          n: width,
          k: count,
          transposeA: true,
          accumulate: true,
        });
      });
    }
    return loss;
  }

  /** Scores to q, in place; gives ln q of each row's answer. */
  private normalise(scores: Floats, from: number, count: number, items: number): { answerLogs: Float64Array } {
    const { answers, lastPlaces, gapClasses } = this.facts;
    const [best, answered] = [new Float64Array(count), new Float64Array(count)];
    const bestAt = new Int32Array(count);
    for (let row = 0; row < count; row++) {
      const values = scores.array.subarray(row * items, (row + 1) * items);
      const m = from + row;
      addPlaceTerms(values, this.terms, lastPlaces[m]!, gapClasses[m]!);
      let most = 0;
      for (let place = 1; place < items; place++) if (values[place]! > values[most]!) most = place;
      bestAt[row] = most;
      best[row] = values[most]!;
      answered[row] = answers[m] === NONE ? 0 : values[answers[m]!]!;
    }
    this.backend.kernels.softmax(scores, scores, count, items);
    // From the best score, whose probability never underflows.
    const answerLogs = answered.map(
      (score, row) => score - best[row]! + Math.log(scores.array[row * items + bestAt[row]!]!),
    );
    return { answerLogs };
  }

  /** The row's loss; q becomes the gradient of its scores, and those of all else are added. */
  private finishRow(
    scores: Floats,
    m: number,
    row: number,
    items: number,
    logAnswer: number,
    withGradients: boolean,
  ): number {
    const { weight, facts, tensors, backend } = this;
    const values = scores.array.subarray(row * items, (row + 1) * items);
    const answer = facts.answers[m]!;
    if (answer === NONE) {
      values.fill(0);
      return 0;
    }
    let [log, anew] = [logAnswer, 1];
    if (tensors.own !== undefined) {
      const mixture: MixtureRow = {
        masses: backend.floats(tensors.own.masses).array,
        places: facts.visitPlaces,
        from: facts.visitOffsets[m]!,
        to: facts.visitOffsets[m + 1]!,
        anew: backend.floats(tensors.own.anew).array[m]!,
      };
      const total = totalMass(mixture);
      ({ log, anew } = logMixture(mixture, answer, logAnswer, total));
      if (withGradients) this.addOwnGradients(mixture, m, answer, { log, anew, total });
    }
    if (withGradients) {
      const factor = weight * anew;
      for (let place = 0; place < items; place++) values[place]! *= factor;
      values[answer]! -= factor;
      this.addTermGradients(values, m);
    }
    return -weight * log;
  }

  private addOwnGradients(
    { masses, places, from, to, anew: mass }: MixtureRow,
    m: number,
    answer: number,
    { log, anew, total }: { log: number; anew: number; total: number },
  ): void {
    const { weight } = this;
    const own = this.tensors.own!;
    const [intoMasses, intoAnew] = [this.gradientOf(own.masses)!, this.gradientOf(own.anew)!];
    for (let v = from; v < to; v++) {
      if (places[v] === NONE) continue;
      const chosen = places[v] === answer ? Math.exp(masses[v]! - total - log) : 0;
      intoMasses[v] = weight * (Math.exp(masses[v]! - total) - chosen);
    }
    intoAnew[m] = weight * (Math.exp(mass - total) - anew);
  }

  private addTermGradients(values: Float32Array, m: number): void {
    const { lastPlaces, gapClasses } = this.facts;
    const { map, distance } = this.tensors;
    const none = new Float32Array(0);
    const out = {
      source: map === undefined ? none : this.gradientOf(map.source)!,
      target: map === undefined ? none : this.gradientOf(map.target)!,
      distance: distance === undefined ? none : this.gradientOf(distance)!,
    };
    addTermGradients(out, values, this.terms, lastPlaces[m]!, gapClasses[m]!);
  }

  private readTerms(): PlaceTerms {
    const { backend, facts } = this;
    const { bias, map, distance } = this.tensors;
    const read = (tensor: tf.Tensor): Float32Array => backend.floats(tensor).array;
    return {
      bias: read(bias),
      ...(map && { map: { source: read(map.source), target: read(map.target), adjacency: facts.adjacency } }),
      ...(distance && { distance: { weights: read(distance), steps: facts.steps } }),
    };
  }
}
