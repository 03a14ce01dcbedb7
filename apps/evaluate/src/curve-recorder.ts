import type { Progress } from "@sequitur/core";
import type { Curve } from "./report.js";

/** More points than a page can show; beyond it every second one is dropped and only every second new one kept. */
const MAX_POINTS = 1000;

/** Keeps the reports of a fit that carry numbers, as curves by task. */
export class CurveRecorder {
  private readonly curves = new Map<string, { unit: string; stride: number; seen: number; points: Curve["points"] }>();
  private readonly clock: () => number;
  private readonly startedAt: number;

  constructor(clock: () => number) {
    this.clock = clock;
    this.startedAt = clock();
  }

  record({ task, done, unit, values }: Progress): void {
    if (values === undefined || Object.keys(values).length === 0) return;
    const curve = this.curves.get(task) ?? { unit, stride: 1, seen: 0, points: [] };
    this.curves.set(task, curve);
    if (curve.seen++ % curve.stride !== 0) return;
    const finite = Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
    curve.points.push({ step: done, wallMs: Math.round(this.clock() - this.startedAt), values: finite });
    if (curve.points.length < MAX_POINTS) return;
    curve.points = curve.points.filter((_, i) => i % 2 === 0);
    curve.stride *= 2;
  }

  all(): Curve[] {
    return [...this.curves].map(([task, { unit, points }]) => ({ task, unit, points }));
  }
}
