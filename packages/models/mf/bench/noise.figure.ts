// `npm run figure -w @sequitur/mf`: runs the experiment and draws figures/hidden-positives.svg. A few minutes.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hiddenPositives, RATES, SEEDS, type NoisePoint } from "./hidden-positives.js";

const COLOURS: Readonly<Record<string, string>> = { bpr: "#1f6feb", bpo: "#d1711c", nbpo: "#1a7f37" };
const [WIDTH, HEIGHT] = [640, 380];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 90, 24, 48];

/** Two-sided 95% quantile of Student's t with SEEDS.length - 1 degrees of freedom. */
const T95: Readonly<Record<number, number>> = { 2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776 };

interface Interval {
  readonly mean: number;
  readonly half: number;
}

function intervalOf(values: readonly number[]): Interval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, half: T95[SEEDS.length]! * Math.sqrt(square / values.length) };
}

function svgOf(points: readonly NoisePoint[]): string {
  const most = Math.max(...points.map(({ ndcg }) => intervalOf(ndcg).mean + intervalOf(ndcg).half)) * 1.05;
  const x = (rate: number): number => LEFT + (rate / RATES.at(-1)!) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: 6 }, (_, at) => (most * at) / 5);
  const parts = [
    ...ticks.map(
      (value) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/>` +
        `<text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value.toFixed(3)}</text>`,
    ),
    ...RATES.map(
      (rate) => `<text x="${x(rate).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${rate}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">share of positives hidden from training</text>`,
    `<text x="${LEFT}" y="14">NDCG@10 on unseen places, ${SEEDS.length} seeds, 95% intervals</text>`,
    ...Object.keys(COLOURS).map((model) =>
      line(
        points.filter((point) => point.model === model),
        model,
        x,
        y,
      ),
    ),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>\n${parts.join("\n")}\n</svg>\n`
  );
}

function line(
  points: readonly NoisePoint[],
  model: string,
  x: (rate: number) => number,
  y: (value: number) => number,
): string {
  const colour = COLOURS[model]!;
  const shift = { bpr: -4, bpo: 0, nbpo: 4 }[model] ?? 0; // side by side, so that no interval hides another
  const places = points.map(({ rate, ndcg }) => ({ at: x(rate) + shift, ...intervalOf(ndcg) }));
  const path = places.map(({ at, mean }, i) => `${i === 0 ? "M" : "L"}${at.toFixed(1)},${y(mean).toFixed(1)}`).join("");
  const last = places.at(-1)!;
  const order = points.length > 0 ? y(last.mean) : 0;
  const marks = places.map(
    ({ at, mean, half }) =>
      `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${y(mean - half).toFixed(1)}" y2="${y(mean + half).toFixed(1)}" stroke="${colour}"/>` +
      `<circle cx="${at.toFixed(1)}" cy="${y(mean).toFixed(1)}" r="3" fill="${colour}"/>`,
  );
  const label = `<text x="${WIDTH - RIGHT + 14}" y="${(order + 4 + 3 * shift).toFixed(1)}" fill="${colour}">${model}</text>`;
  return [`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...marks, label].join("\n");
}

const points = await hiddenPositives((text) => process.stdout.write(`${text}\n`));
writeFileSync(new URL("results/hidden-positives.json", import.meta.url), `${JSON.stringify(points, undefined, 2)}\n`);
const target = new URL("../figures/hidden-positives.svg", import.meta.url);
writeFileSync(target, svgOf(points));
process.stdout.write(`${fileURLToPath(target)}\n`);
process.exit(0);
