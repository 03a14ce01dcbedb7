export function dropoutMask(size: number, rate: number, key: number): Float32Array {
  const mask = new Float32Array(size);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < size; i++) {
    let z = Math.imul(i ^ key, 0x9e3779b9);
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    mask[i] = (z ^ (z >>> 16)) >>> 0 >= rate * 4294967296 ? kept : 0;
  }
  return mask;
}
