import { describe, expect, it } from "vitest";
import { PlatformError } from "./errors.js";
import { Random } from "./random.js";
import { decodeTensorFile, encodeTensorFile, stringsOf, stringsTensor, type Tensor } from "./tensor-file.js";

const tensors = new Map<string, Tensor>([
  ["bytes", { shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ["matrix", { shape: [2, 3], data: Float32Array.of(1, -2, Number.NaN, Infinity, 0, 5) }],
  ["empty", { shape: [0, 4], data: new Int32Array(0) }],
  ["scalar", { shape: [], data: Float64Array.of(Math.PI) }],
  ["small", { shape: [2], data: Int16Array.of(-5, 6) }],
  ["names", stringsTensor(["a", "é", '"\n'])],
]);
const manifest = { format: "test/1", note: "ünïcode" };

describe("tensor files", () => {
  it("come back as they were written, each tensor aligned for a view", () => {
    const bytes = encodeTensorFile({ manifest, tensors });
    const back = decodeTensorFile(bytes, "x.bin");
    expect(back.manifest).toEqual(manifest);
    expect([...back.tensors.keys()]).toEqual([...tensors.keys()]);
    for (const [name, tensor] of tensors) expect(back.tensors.get(name)).toEqual(tensor);
    for (const tensor of back.tensors.values()) expect(tensor.data.buffer).toBe(bytes.buffer);
    expect(stringsOf(back.tensors.get("names"), "names")).toEqual(["a", "é", '"\n']);
  });

  it("follow the safetensors layout: contiguous, in order, the header JSON", () => {
    const bytes = encodeTensorFile({ manifest, tensors });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
      string,
      { data_offsets: number[] }
    >;
    let end = 0;
    for (const [name, entry] of Object.entries(header)) {
      if (name === "__metadata__") continue;
      expect(entry.data_offsets[0]).toBe(end);
      end = entry.data_offsets[1]!;
    }
    expect(8 + length + end).toBe(bytes.length);
  });

  it("can be read at an odd offset of a larger buffer", () => {
    const bytes = encodeTensorFile({ manifest, tensors });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeTensorFile(shifted.subarray(3), "x").tensors.get("matrix")).toEqual(tensors.get("matrix"));
  });

  it("refuse every cut, and never fail on a flipped byte with anything but bad-artifact", () => {
    const bytes = encodeTensorFile({ manifest, tensors });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeTensorFile(bytes.slice(0, length), "cut.bin")).toThrow(PlatformError);
    }
    const random = new Random(1);
    const failures: unknown[] = [];
    for (let round = 0; round < 500; round++) {
      const broken = bytes.slice();
      broken[random.integer(bytes.length)]! ^= 1 << random.integer(8);
      try {
        decodeTensorFile(broken, "flipped.bin");
      } catch (error) {
        failures.push(error);
      }
    }
    expect(failures.length).toBeGreaterThan(50);
    for (const error of failures) {
      expect(error).toBeInstanceOf(PlatformError);
      expect((error as PlatformError).message).toMatch(/^flipped.bin: /);
    }
  });

  it("say what is wrong with a tensor", () => {
    const bad = new Map([["w", { shape: [2, 2], data: new Float32Array(3) }]]);
    expect(() => encodeTensorFile({ manifest, tensors: bad })).toThrow(
      "tensor w of shape [2,2] needs 4 values, got 3.",
    );
    expect(() => stringsOf(undefined, "ids")).toThrow("ids: expected a list of strings.");
    expect(() => stringsOf({ shape: [2], data: new TextEncoder().encode("[1") }, "ids")).toThrow("ids");
  });
});
