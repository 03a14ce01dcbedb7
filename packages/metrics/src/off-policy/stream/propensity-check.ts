/** How often items were shown, beside how often their logged propensities say. */
export interface PropensityReading {
  /** (position, item) cells that were shown often enough to be checked. */
  readonly cells: number;
  /** Cells shown clearly less often than their propensities say (or only part of the time on offer), and more often. */
  readonly tooLarge: number;
  readonly tooSmall: number;
  /** Median over the cells of sum of 1 / p over the positions shown, which is 1 where propensities are right. */
  readonly medianRatio: number;
}

/** A cell shown less often tells nothing. */
const LEAST_SHOWN = 20;
/** Standard errors from 1 at which a cell counts as wrong. */
const FAR = 4;

/**
 * A check that needs no other policy: for an item that is always on offer, the mean over all slates of 1{shown here} / p is
 * 1 if p is P(item at this position). It tells wrong propensities from missing support, which the mean weight cannot.
 */
export class PropensityCheck {
  private readonly cells = new Map<number, { shown: number; inverse: number; squares: number }>();
  private readonly slates = new Map<number, number>();

  add(position: number, item: number, propensity: number): void {
    this.slates.set(position, (this.slates.get(position) ?? 0) + 1);
    const key = item * MOST_POSITIONS + position;
    const cell = this.cells.get(key) ?? { shown: 0, inverse: 0, squares: 0 };
    cell.shown++;
    cell.inverse += 1 / propensity;
    cell.squares += 1 / propensity ** 2;
    this.cells.set(key, cell);
  }

  reading(): PropensityReading {
    let [cells, tooLarge, tooSmall] = [0, 0, 0];
    const ratios: number[] = [];
    for (const [key, { shown, inverse, squares }] of this.cells) {
      if (shown < LEAST_SHOWN) continue;
      const n = this.slates.get(key % MOST_POSITIONS)!;
      const ratio = inverse / n;
      const error = Math.sqrt(Math.max(0, squares / n - ratio * ratio) / n);
      cells++;
      ratios.push(ratio);
      if (ratio < 1 - FAR * error - ROUNDING) tooLarge++;
      if (ratio > 1 + FAR * error + ROUNDING) tooSmall++;
    }
    ratios.sort((a, b) => a - b);
    return { cells, tooLarge, tooSmall, medianRatio: ratios[ratios.length >> 1] ?? Number.NaN };
  }
}

/** Positions of a slate that keys have room for. */
const MOST_POSITIONS = 65_536;
const ROUNDING = 1e-9;
