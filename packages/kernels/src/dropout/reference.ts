import { type DropoutKernels, keepThreshold } from "./dropout.js";

/** Plain dropout; the same masks as the compiled one. */
export function referenceDropout(): DropoutKernels {
  return {
    dropout: (out, x, { rate, seed, counter }) => {
      const isKept = dropoutMask(rate, seed, counter);
      const scale = Math.fround(1 / (1 - rate));
      for (let i = 0; i < out.length; i++) out.array[i] = isKept(i) ? x.array[i] * scale : 0;
    },
  };
}

/** Whether the element with this index is kept (assembly/random.ts). */
export function dropoutMask(rate: number, seed: number, counter: number): (index: number) => boolean {
  const [first, second] = [keyOf(seed, counter, 0), keyOf(seed, counter, 1)];
  const threshold = keepThreshold(rate);
  return (index) => mix(mix(index ^ first) + second) >>> 8 < threshold;
}

function keyOf(seed: number, counter: number, which: number): number {
  return mix(mix(seed + Math.imul(which, 0x9e3779b9)) ^ (Math.imul(counter, 0x85ebca77) + which));
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
