import { describe, expect, it } from "vitest";
import { CurveRecorder } from "./curve-recorder.js";

describe("CurveRecorder", () => {
  it("thins losses out, and keeps every validation with its time", () => {
    let now = 100;
    const recorder = new CurveRecorder(() => now);
    for (let done = 1; done <= 5000; done++) {
      now += 2;
      const validation = done % 250 === 0 ? { validation: done / 5000 } : {};
      recorder.record({ task: "fit", done, total: 5000, unit: "batches", values: { loss: 1 / done, ...validation } });
    }
    const [losses, validations] = recorder.all();
    expect(losses!.points.length).toBeGreaterThan(400);
    expect(losses!.points.length).toBeLessThan(1000);
    expect(validations!.points).toHaveLength(20);
    expect(validations!.points[1]).toEqual({ step: 500, wallMs: 1000, values: { validation: 0.1 } });
  });

  it("keeps nothing of reports without finite numbers", () => {
    const recorder = new CurveRecorder(() => 0);
    recorder.record({ task: "read", done: 1, total: 2, unit: "rows" });
    recorder.record({ task: "fit", done: 1, total: 2, unit: "rows", values: { loss: Number.NaN } });
    expect(recorder.all()).toEqual([]);
  });
});
