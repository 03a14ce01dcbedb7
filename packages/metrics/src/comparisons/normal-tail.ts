/**
 * P(Z > z) of a standard normal for z >= 0, relative error below 1e-12: the Taylor series of the integral around 0 for
 * small z, the continued fraction of Mills' ratio for large z (Abramowitz & Stegun 26.2.11 and 26.2.14).
 */
export function normalTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let odd = 3; term > sum * 1e-17; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let step = 120; step >= 1; step--) fraction = z + step / fraction;
  return density / fraction;
}
