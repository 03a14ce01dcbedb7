import { expect, it } from "vitest";
import { type Floats } from "../block.js";
import { eachEngine, expectClose, sameBitsOnAnyThreads, type Stage } from "../each-engine.js";

/** (length, width) cosines, then sines, of angles that differ from pair to pair. */
function turnsOf({ floats }: Stage, length: number, width: number): Floats {
  const half = width / 2;
  return floats(
    Array.from({ length: length * width }, (_, at) => {
      const [place, i] = [Math.floor(at / width), at % half];
      const angle = 0.3 * place + 0.7 * i;
      return at % width < half ? Math.cos(angle) : Math.sin(angle);
    }),
  );
}

eachEngine("rotary", (stage) => {
  it("turns each pair as a complex number, and leaves heads beyond the turned ones", () => {
    for (const [rows, length, heads, width, turned] of [
      [0, 3, 2, 8, 2],
      [1, 1, 1, 2, 1],
      [7, 3, 2, 6, 1],
      [10, 5, 3, 8, 3],
      [6, 2, 2, 40, 0],
      [1200, 50, 2, 32, 2],
    ] as const) {
      const { random, stale, kernels } = stage();
      const [x, out, turns] = [
        random(rows * heads * width),
        stale(rows * heads * width),
        turnsOf(stage(), length, width),
      ];
      kernels.rotate(out, x, turns, { rows, length, heads, width, turned });
      const want = x.array.map((value, at) => {
        const [place, head, i] = [
          Math.floor(at / (heads * width)) % length,
          Math.floor(at / width) % heads,
          at % width,
        ];
        if (head >= turned) return value;
        const half = width / 2;
        const angle = 0.3 * place + 0.7 * (i % half);
        if (i < half) return value * Math.cos(angle) - x.array[at + half] * Math.sin(angle);
        return value * Math.cos(angle) + x.array[at - half] * Math.sin(angle);
      });
      expectClose(out.array, want, 1e-5);
    }
  });

  it("turns back what it turned, in place too", () => {
    const { random, kernels, memory } = stage();
    const shape = { rows: 9, length: 3, heads: 2, width: 10 };
    const x = random(180);
    const before = x.array.slice();
    const turns = turnsOf(stage(), 3, 10);
    kernels.rotate(x, x, turns, shape);
    expect(Math.abs(x.array[175] - before[175])).toBeGreaterThan(1e-3);
    kernels.rotate(x, x, turns, { ...shape, back: true });
    expectClose(x.array, before, 1e-5);
    memory.release(x);
  });

  it("refuses shapes that do not fit", () => {
    const { random, kernels } = stage();
    const call = (shape: object) => () =>
      kernels.rotate(random(8), random(8), random(4), { rows: 2, length: 1, heads: 1, width: 4, ...shape });
    expect(call({ width: 3 })).toThrow("width must be even, got 3.");
    expect(call({ turned: 2 })).toThrow("turned must be at most the 1 heads, got 2.");
    expect(call({ rows: 3 })).toThrow("rotate: out (rows, heads * width) must hold 12 elements, got 8.");
    expect(call({ length: 2 })).toThrow("rotate: turns (length, width) must hold 8 elements, got 4.");
    expect(call({ length: 0 })).toThrow("length must be positive, got 0.");
  });
});

sameBitsOnAnyThreads("rotate", (stage) => {
  const out = stage.stale(64_000);
  stage.kernels.rotate(out, stage.random(64_000), turnsOf(stage, 20, 32), {
    rows: 1000,
    length: 20,
    heads: 2,
    width: 32,
  });
  return out.array;
});
