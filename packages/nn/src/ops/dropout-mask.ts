import { startEngine, type DropoutKey, type Engine } from "@sequitur/kernels";

let plain: Engine | undefined;

/** The kernels' own mask as numbers, 0 or 1 / (1 - rate), so that a composed body drops what the fused one drops. */
export function dropoutMask(size: number, key: DropoutKey): Float32Array {
  plain ??= startEngine({ provider: "reference" });
  const { kernels, memory } = plain;
  return memory.withScratch((scratch) => {
    const [mask, ones] = [scratch.floats(size), scratch.floats(size)];
    ones.array.fill(1);
    kernels.dropout(mask, ones, key);
    return mask.array.slice();
  });
}
