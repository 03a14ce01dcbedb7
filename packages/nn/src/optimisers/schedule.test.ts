import { describe, expect, it } from "vitest";
import { constant, cosine, plateau, warmUp } from "./schedule.js";

describe("schedules", () => {
  it("warm up linearly, then follow the next one from its own first step", () => {
    const schedule = warmUp(1, 4, cosine(1, 10));
    expect([1, 2, 4].map((step) => schedule.learningRate(step))).toEqual([0.25, 0.5, 1]);
    expect(schedule.learningRate(5)).toBe(1);
    expect(schedule.learningRate(10)).toBeCloseTo(0.5, 10);
    expect(warmUp(3, 2).learningRate(50)).toBe(3);
    expect(constant(0.1).learningRate(1e6)).toBe(0.1);
  });

  it("fall along half a cosine to the floor and stay there", () => {
    const schedule = cosine(1, 10, 0.2);
    expect(schedule.learningRate(1)).toBe(1);
    expect(schedule.learningRate(6)).toBeCloseTo(0.6, 10);
    expect([11, 100].map((step) => schedule.learningRate(step))).toEqual([0.2, 0.2]);
  });

  it("fall on a plateau, not below the floor, and resume where they were", () => {
    const options = { patience: 2, factor: 0.5, floor: 0.2 };
    const schedule = plateau(1, options);
    const rates = [0.1, 0.3, 0.3, 0.2, 0.4, 0.1, 0.1, 0.1, 0.1].map((value) => {
      schedule.observe!(value);
      return schedule.learningRate(1);
    });
    expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2]);
    const resumed = warmUp(1, 1, plateau(1, options));
    resumed.restore!(JSON.parse(JSON.stringify(schedule.state!())));
    expect(resumed.learningRate(2)).toBe(0.2);
    const fresh = plateau(1, options);
    fresh.restore!(JSON.parse(JSON.stringify(plateau(1).state!())));
    expect(fresh.learningRate(1)).toBe(1);
    expect(() => fresh.restore!({ learningRate: "high" })).toThrow("plateau");
  });
});
