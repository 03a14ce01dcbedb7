import { studentQuantile } from "../../distributions/student.js";
import { checkLevel, DEFAULT_LEVEL, FEW_UNITS } from "../../intervals/interval.js";
import { limitsOfShares } from "../../intervals/mean-interval.js";
import { lossWarnings, ONLY_FIRST_POSITIONS, type EstimateParts, type WeightLoss } from "../off-policy-estimate.js";
import type { WeightDiagnostics } from "../weight-diagnostics.js";
import { WeightTotals } from "./weight-totals.js";

/** Units of a streamed log (users, or single slates) are dealt into so many buckets, which are what intervals resample. */
export const UNIT_BUCKETS = 1024;

/** An estimate of a log that was read in chunks. */
export interface StreamEstimate {
  readonly estimator: string;
  readonly value: number;
  /** Of the value, over buckets of units, by the jackknife; NaN for one bucket. */
  readonly standardError: number;
  /** NaN below `FEW_UNITS` buckets, and where nothing varies. */
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  /** Buckets with rows. */
  readonly units: number;
  readonly weights?: Omit<WeightDiagnostics, "warnings">;
  readonly warnings: readonly string[];
}

/**
 * Adds up what an estimator makes of the chunks of a log, in memory that does not grow with it. The value equals that of
 * the whole log at once. The interval is Student's t over buckets of units with min(buckets, effective rows) - 1
 * degrees, so that it widens where few rows carry the weight; contributions in [0, 1] get the limits of a share.
 */
export class EstimateTotals {
  private readonly tops = new Float64Array(UNIT_BUCKETS);
  private readonly bottoms = new Float64Array(UNIT_BUCKETS);
  private readonly weights = new WeightTotals();
  private readonly warnings = new Set<string>();
  private readonly estimator: string;
  private rows = 0;
  private least = Infinity;
  private most = -Infinity;
  private isRatio = false;
  private hasWeights = false;
  private overlaps = false;
  private loss: WeightLoss | undefined;

  constructor(estimator: string) {
    this.estimator = estimator;
  }

  /** `buckets` (n) is the bucket of each contribution, below `UNIT_BUCKETS`. */
  add(parts: EstimateParts, buckets: Int32Array): void {
    const { contributions, denominators, weights, loss, overlaps = false, warnings = [] } = parts;
    for (let row = 0; row < contributions.length; row++) {
      const value = contributions[row]!;
      this.tops[buckets[row]!]! += value;
      this.bottoms[buckets[row]!]! += denominators?.[row] ?? 1;
      this.least = Math.min(this.least, value);
      this.most = Math.max(this.most, value);
    }
    this.rows += contributions.length;
    this.isRatio ||= denominators !== undefined;
    this.hasWeights ||= weights !== undefined;
    this.overlaps ||= overlaps;
    if (weights) this.weights.add(weights);
    if (loss) this.loss = sumOf(this.loss, loss);
    for (const warning of warnings) this.warnings.add(warning);
  }

  /**
   * The estimate so far; undefined where the evaluation policy takes none of the logged actions. `scale` multiplies it,
   * such as positions a slate for an estimate of positions.
   */
  estimate(options: { readonly level?: number; readonly scale?: number } = {}): StreamEstimate | undefined {
    const { level = DEFAULT_LEVEL, scale = 1 } = options;
    checkLevel(level);
    const weights = this.weights.diagnostics();
    if (this.rows === 0 || (this.hasWeights && weights === undefined && !this.overlaps)) return undefined;
    const { value, standardError, units } = this.jackknife();
    const { low, high } = this.limits(
      { value, standardError, units },
      weights?.effectiveSampleSize ?? this.rows,
      level,
    );
    const warnings = [...this.warnings, ...lossWarnings(this.loss, this.rows)];
    if (this.hasWeights && weights === undefined) warnings.push(ONLY_FIRST_POSITIONS);
    return {
      estimator: this.estimator,
      value: value * scale,
      standardError: standardError * scale,
      low: low * scale,
      high: high * scale,
      rows: this.rows,
      units,
      ...(weights && { weights }),
      warnings,
    };
  }

  private jackknife() {
    const { tops, bottoms } = this;
    let [top, bottom, units] = [0, 0, 0];
    for (let bucket = 0; bucket < UNIT_BUCKETS; bucket++) {
      top += tops[bucket]!;
      bottom += bottoms[bucket]!;
      if (bottoms[bucket]! > 0) units++;
    }
    const value = top / bottom;
    let squares = 0;
    for (let bucket = 0; bucket < UNIT_BUCKETS; bucket++) {
      if (bottoms[bucket]! > 0)
        squares += ((tops[bucket]! - value * bottoms[bucket]!) / (bottom - bottoms[bucket]!)) ** 2;
    }
    const standardError = units < 2 ? Number.NaN : Math.sqrt(((units - 1) / units) * squares);
    return { value, standardError, units };
  }

  private limits(
    { value, standardError, units }: { value: number; standardError: number; units: number },
    effectiveRows: number,
    level: number,
  ): { low: number; high: number } {
    const degrees = Math.max(1, Math.min(units, effectiveRows) - 1);
    if (units < FEW_UNITS) return { low: Number.NaN, high: Number.NaN };
    if (!this.isRatio && !this.hasWeights && this.least >= 0 && this.most <= 1) {
      return limitsOfShares({ count: this.rows, mean: value, units, standardError, degrees }, level);
    }
    if (!(standardError > 0)) return { low: Number.NaN, high: Number.NaN };
    const reach = studentQuantile((1 + level) / 2, degrees) * standardError;
    return { low: value - reach, high: value + reach };
  }
}

function sumOf(before: WeightLoss | undefined, loss: WeightLoss): WeightLoss {
  if (before === undefined) return loss;
  return { what: loss.what, rows: before.rows + loss.rows, weight: before.weight + loss.weight };
}
