import type { Progress } from "@sequitur/core";
import type { Curve } from "./report.js";

/** More points than a page can show; beyond it every second one is dropped and only every second new one kept. */
const MAX_POINTS = 1000;

interface Kept {
  readonly task: string;
  readonly unit: string;
  stride: number;
  seen: number;
  points: Curve["points"];
}

/**
 * Keeps the reports of a fit that carry numbers, as curves by task. Values on validation are rare beside losses and have
 * a curve of their own, so that none is dropped to make room for losses.
 */
export class CurveRecorder {
  private readonly curves = new Map<string, Kept>();
  private readonly clock: () => number;
  private readonly startedAt: number;

  constructor(clock: () => number) {
    this.clock = clock;
    this.startedAt = clock();
  }

  record({ task, done, unit, values = {} }: Progress): void {
    const { validation, ...others } = Object.fromEntries(
      Object.entries(values).filter(([, value]) => Number.isFinite(value)),
    );
    this.keep(task, { task, unit }, done, others);
    if (validation !== undefined) this.keep(`${task}, validation`, { task, unit }, done, { validation });
  }

  all(): Curve[] {
    return [...this.curves.values()].map(({ task, unit, points }) => ({ task, unit, points }));
  }

  private keep(key: string, names: Pick<Kept, "task" | "unit">, step: number, values: Record<string, number>): void {
    if (Object.keys(values).length === 0) return;
    const curve = this.curves.get(key) ?? { ...names, stride: 1, seen: 0, points: [] };
    this.curves.set(key, curve);
    if (curve.seen++ % curve.stride !== 0) return;
    curve.points.push({ step, wallMs: Math.round(this.clock() - this.startedAt), values });
    if (curve.points.length < MAX_POINTS) return;
    curve.points = curve.points.filter((_, i) => i % 2 === 0);
    curve.stride *= 2;
  }
}
