import { NONE, type Random } from "@sequitur/core";
import type { SparseRows } from "@sequitur/nn";
import type { ChoiceFacts } from "./next-place-loss.js";
import type { StepRows } from "./place-scores.js";

/** The places that one step scores: its answers, and others drawn at random that stand for the rest. */
export interface SampledPlaces {
  /** (C) ascending. */
  readonly places: Int32Array;
  /** (C) added to their scores: 0 for answers, ln(places left / places drawn) for the others. */
  readonly logWeights: Float32Array;
}

/**
 * Every answer and `count` others, each of the rest with the same chance, weighted so that the sum over them estimates the
 * softmax's sum over all places without bias. Undefined where that would leave out too few to be worth it.
 */
export function samplePlaces(
  answers: Int32Array,
  size: number,
  count: number,
  random: Random,
): SampledPlaces | undefined {
  const chosen = new Uint8Array(size);
  let known = 0;
  for (const answer of answers) {
    if (answer === NONE || chosen[answer] === 1) continue;
    chosen[answer] = 1;
    known += 1;
  }
  if (known + count > size / 2) return undefined;
  for (let drawn = 0; drawn < count;) {
    const place = random.integer(size);
    if (chosen[place] !== 0) continue;
    chosen[place] = 2;
    drawn += 1;
  }
  const logWeight = Math.log((size - known) / count);
  const places: number[] = [];
  chosen.forEach((state, place) => {
    if (state > 0) places.push(place);
  });
  return {
    places: Int32Array.from(places),
    logWeights: Float32Array.from(places, (place) => (chosen[place] === 2 ? logWeight : 0)),
  };
}

/** The facts of a loss over the sampled places alone, which are numbered 0 .. C - 1; rows keep the places' own numbers. */
export function sampledFacts(facts: ChoiceFacts, { places }: SampledPlaces, size: number): ChoiceFacts {
  const position = new Int32Array(size).fill(NONE);
  places.forEach((place, at) => (position[place] = at));
  // A visit elsewhere has mass, but is no answer: any number beyond the sample says so.
  const elsewhere = places.length;
  const renumbered = (place: number): number =>
    place === NONE ? NONE : position[place] === NONE ? elsewhere : position[place]!;
  return {
    ...facts,
    answers: facts.answers.map(renumbered),
    visitPlaces: facts.visitPlaces.map(renumbered),
    adjacency: sampledEdges(facts.adjacency, new Set(facts.lastPlaces), position, places.length),
    steps: sampledSteps(facts.steps, places),
  };
}

/** The edges that leave the given places for sampled ones. */
function sampledEdges(
  { rows, offsets, columnOf, values }: SparseRows,
  from: ReadonlySet<number>,
  position: Int32Array,
  columns: number,
): SparseRows {
  const kept = new Int32Array(rows + 1);
  const [keptColumns, keptValues]: [number[], number[]] = [[], []];
  for (let row = 0; row < rows; row++) {
    if (from.has(row)) {
      for (let edge = offsets[row]!; edge < offsets[row + 1]!; edge++) {
        const column = position[columnOf[edge]!]!;
        if (column === NONE) continue;
        keptColumns.push(column);
        keptValues.push(values[edge]!);
      }
    }
    kept[row + 1] = keptColumns.length;
  }
  return {
    rows,
    columns,
    offsets: kept,
    columnOf: Int32Array.from(keptColumns),
    values: Float32Array.from(keptValues),
  };
}

function sampledSteps(steps: StepRows, places: Int32Array): StepRows {
  const rows = new Map<number, Uint8Array>();
  return {
    from(place) {
      const known = rows.get(place);
      if (known !== undefined) return known;
      const all = steps.from(place);
      const own = Uint8Array.from(places, (to) => all[to]!);
      rows.set(place, own);
      return own;
    },
  };
}
