import { describe, expect, it } from "vitest";
import { PlatformError, Random } from "@sequitur/core";
import { plainBacking, wasmBacking } from "./backing.js";
import { type Floats } from "./block.js";
import { Memory } from "./memory.js";

const MIB = 1 << 20;

const backings = {
  wasm: (limit: number) => wasmBacking(new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true }), limit),
  plain: plainBacking,
} as const;

for (const kind of ["wasm", "plain"] as const) {
  const memoryOf = (limit = 64 * MIB): Memory => new Memory(backings[kind](limit), 100);

  describe(`memory (${kind})`, () => {
    it("hands out aligned blocks that never overlap and keep their contents, in any order of requests", () => {
      const memory = memoryOf();
      const random = new Random("allocator");
      let intact = true;
      const live: { block: Floats; mark: number }[] = [];
      for (let turn = 0; turn < 4000; turn++) {
        if (live.length > 0 && random.uniform() < 0.48) {
          const { block, mark } = live.splice(random.integer(live.length), 1)[0];
          intact &&= block.array.every((x) => x === mark);
          memory.release(block);
        } else {
          const block = memory.floats(random.integer(turn % 7 === 0 ? 20_000 : 100));
          intact &&= block.offset % 64 === 0;
          block.array.fill(turn);
          live.push({ block, mark: turn });
        }
      }
      for (const { block, mark } of live) intact &&= block.array.every((x) => x === mark);
      expect(intact).toBe(true);
      expect(memory.use().blocks).toBe(live.length);
    });

    it("stays flat over a loop that repeats its sizes", () => {
      const memory = memoryOf();
      const step = (): void => {
        const blocks = [1000, 7, 50_000, 333, 0].map((length) => memory.floats(length));
        for (const block of blocks) memory.release(block);
      };
      step();
      const before = memory.use();
      for (let turn = 0; turn < 10_000; turn++) step();
      expect(memory.use()).toEqual(before);
      expect(before.usedBytes).toBe(0);
    });

    it("uses freed space again for other sizes", () => {
      const memory = memoryOf(8 * MIB);
      for (let round = 0; round < 50; round++) {
        const blocks = Array.from({ length: 7 }, () => memory.bytes(MIB - 64 * 1024 + 1000 * round));
        for (const block of blocks) memory.release(block);
        memory.release(memory.bytes(6 * MIB));
      }
      expect(memory.use().usedBytes).toBe(0);
    });

    it("refuses what does not fit, and everything else still works", () => {
      const memory = memoryOf(4 * MIB);
      const kept = memory.floatsFrom([1, 2, 3]);
      const before = memory.use();
      for (const length of [4 * MIB, 2 ** 31, 2 ** 40]) {
        expect(() => memory.bytes(length)).toThrow(expect.objectContaining({ code: "out-of-memory" }));
      }
      expect(memory.use()).toEqual({ ...before, reservedBytes: memory.use().reservedBytes });
      expect([...kept.array]).toEqual([1, 2, 3]);
      memory.release(memory.bytes(3 * MIB));
    });

    it("refuses to free twice, to free a part, and odd lengths", () => {
      const memory = memoryOf();
      const block = memory.floats(10);
      expect(() => memory.release(block.part(0, 10))).toThrow("a part of a block");
      memory.release(block);
      expect(() => memory.release(block)).toThrow("one that was freed before");
      expect(block.length).toBe(-1);
      for (const length of [-1, 0.5, Number.NaN]) expect(() => memory.floats(length)).toThrow(PlatformError);
    });

    it("frees scratch also when its body throws", () => {
      const memory = memoryOf();
      expect(memory.withScratch((scratch) => scratch.ints(5).length + scratch.bytes(2).length)).toBe(7);
      expect(() =>
        memory.withScratch((scratch) => {
          scratch.floats(1000);
          throw new Error("on purpose");
        }),
      ).toThrow("on purpose");
      expect(memory.use().blocks).toBe(0);
    });

    it("keeps views valid while it grows", () => {
      const memory = memoryOf();
      const early = memory.floatsFrom([4, 5]);
      const view = early.array;
      memory.floats(4 * MIB);
      view[0] = 6;
      expect(memory.floats(1).offset).toBeGreaterThan(16 * MIB);
      expect(early.part(0, 1).array[0]).toBe(6);
    });
  });
}
