/**
 * P(D > distance) for the largest distance between the empirical distribution of n uniform values and the uniform one:
 * Kolmogorov's limit with the finite-sample argument (sqrt n + 0.12 + 0.11 / sqrt n) D (Stephens 1970), error below 0.001 for
 * n >= 20.
 */
export function kolmogorovTail(distance: number, n: number): number {
  const root = Math.sqrt(n);
  const x = (root + 0.12 + 0.11 / root) * distance;
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1) {
    // The same function through Jacobi's identity: few terms where the alternating series needs many.
    for (let k = 1; k < 40; k += 2) sum += Math.exp((-k * k * Math.PI * Math.PI) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k < 40; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}
