import { checkShare, checkWhole } from "./check-number.js";
import { checkRows, type ExperimentRows } from "./experiment-rows.js";
import { classicBounds, type BoundaryShape } from "./group-sequential.js";
import { mayLook } from "./read-experiment.js";
import { differenceOfRatios, ratioByUnit, type RatioSample } from "./ratio-metric.js";

/** Looks at equal steps of the number of units. */
export interface SequentialPlan {
  readonly looks: number;
  /** Units in all arms together at the last look. */
  readonly units: number;
  readonly alpha: number;
  readonly shape: BoundaryShape;
}

/** One arm against control at one planned look. */
export interface SequentialLook {
  /** From 1. */
  readonly look: number;
  readonly units: number;
  readonly difference: number;
  /** difference / standard error; 0 where there is no variance yet. */
  readonly z: number;
  readonly bound: number;
  readonly crossed: boolean;
}

export interface SequentialReading {
  readonly plan: SequentialPlan;
  /** Units so far. */
  readonly units: number;
  readonly arms: readonly {
    readonly arm: string;
    readonly looks: readonly SequentialLook[];
    /** The first look that crossed its bound. */
    readonly stoppedAt: number | null;
  }[];
}

/**
 * The looks that were reached, each on the requests up to the one that brought its last unit, so that reading it again later
 * changes nothing. Several arms share alpha (Bonferroni). A look of an arm below `FIRST_LOOK` crosses nothing.
 */
export function readSequential(rows: ExperimentRows, plan: SequentialPlan): SequentialReading {
  checkRows(rows);
  checkShare("alpha", plan.alpha);
  checkWhole("looks", plan.looks, 1);
  checkWhole("units", plan.units, plan.looks);
  const bounds = boundsOf(plan, rows.arms.length - 1);
  const { ends, units } = looksReached(rows, plan);
  const samples = ends.map((end) => rows.arms.map((_, arm) => sampleOf(rows, arm, end)));
  const arms = rows.arms.slice(1).map((arm, at) => {
    const looks = samples.map((own, place): SequentialLook => {
      const { difference, z } = scoreOf(own[0]!, own[at + 1]!);
      const bound = bounds[place]!;
      return { look: place + 1, units: targetOf(plan, place + 1), difference, z, bound, crossed: Math.abs(z) >= bound };
    });
    return { arm, looks, stoppedAt: looks.find(({ crossed }) => crossed)?.look ?? null };
  });
  return { plan, units, arms };
}

const knownBounds = new Map<string, readonly number[]>();

/** The bounds of a plan; they take some tenths of a second to solve, so each is solved once. */
function boundsOf({ looks, shape, alpha }: SequentialPlan, compared: number): readonly number[] {
  const key = `${looks} ${shape} ${alpha / compared}`;
  const bounds = knownBounds.get(key) ?? classicBounds(looks, { alpha: alpha / compared, shape }).bounds;
  knownBounds.set(key, bounds);
  return bounds;
}

function targetOf({ units, looks }: SequentialPlan, look: number): number {
  return Math.ceil((units * look) / looks);
}

/** For each look that was reached the number of rows until then; and the units so far. */
function looksReached({ units: column }: ExperimentRows, plan: SequentialPlan) {
  const seen = new Set<number>();
  const ends: number[] = [];
  for (const [row, unit] of column.entries()) {
    seen.add(unit);
    while (ends.length < plan.looks && seen.size >= targetOf(plan, ends.length + 1)) ends.push(row + 1);
  }
  return { ends, units: seen.size };
}

/** The units of one arm in the first `end` rows. */
function sampleOf({ answered, units, values }: ExperimentRows, arm: number, end: number): RatioSample {
  const rows: number[] = [];
  for (let row = 0; row < end; row++) if (answered[row] === arm) rows.push(row);
  return ratioByUnit(
    Float64Array.from(rows, (row) => values[row]!),
    Int32Array.from(rows, (row) => units[row]!),
  );
}

function scoreOf(control: RatioSample, treatment: RatioSample): { readonly difference: number; readonly z: number } {
  if (control.numerators.length < 2 || treatment.numerators.length < 2) return { difference: 0, z: 0 };
  const { difference, standardError } = differenceOfRatios(control, treatment);
  const ready = mayLook(control) && mayLook(treatment) && standardError > 0;
  return { difference, z: ready ? difference / standardError : 0 };
}
