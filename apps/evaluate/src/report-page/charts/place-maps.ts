import { maxOf, minOf } from "@sequitur/core";
import * as Plot from "@observablehq/plot";
import { CHART_WIDTH, count, plotSvg, type Html } from "@sequitur/workbench";
import type { MapPlace, PlaceMap } from "../../report.js";

const KM_PER_DEGREE = 111.195;
/** Shades of the density, light to full. */
export const SHADES = [0.14, 0.3, 0.5, 0.75, 1] as const;
/** Height over width of a map; a longer or flatter frame is widened to it. */
const FLATTEST = 0.7;
const TALLEST = 1.2;
/** A map of one spot still shows its street. */
const SMALLEST_KM = 1;
const PADDING = 0.12;
/** In the small maps the density is only the ground that they stand on. */
const GROUND = 0.45;
/** Room for a numbered mark. */
const LABEL_PX = 15;

/** A stretch of ground in km east and north of the south-west corner of the map's bounds. */
interface Frame {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Places as km on the plane of the map: fine for a region, stretched towards the poles for a continent. */
function projection({ bounds }: PlaceMap): (place: Pick<MapPlace, "latitude" | "longitude">) => Spot {
  const shrink = Math.cos((((bounds.south + bounds.north) / 2) * Math.PI) / 180);
  return ({ latitude, longitude }) => ({
    x: (longitude - bounds.west) * KM_PER_DEGREE * shrink,
    y: (latitude - bounds.south) * KM_PER_DEGREE,
  });
}

/** Upper ends of the shades, in check-ins a square: a geometric row up to the busiest. */
export function shadeLimits({ squares }: PlaceMap): number[] {
  const most = maxOf([1, ...squares.map(({ checkIns }) => checkIns)]);
  const limits = SHADES.map((_, i) => Math.round(most ** ((i + 1) / SHADES.length)));
  return [...new Set(limits)];
}

/** Where the training check-ins are. */
export function densityMap(map: PlaceMap): Html {
  const corner = projection(map)({ latitude: map.bounds.north, longitude: map.bounds.east });
  const frame = framed({ west: 0, south: 0, east: corner.x, north: corner.y });
  const most = maxOf([0, ...map.squares.map(({ checkIns }) => checkIns)]);
  const words = {
    label: "Map of the training check-ins",
    description:
      `${count(map.checkIns)} check-ins in ${count(map.squares.length)} squares of ${kilometres(map.squareKm)}; ` +
      `the busiest holds ${count(most)}, half of all lie in the ${count(squaresOfHalf(map))} busiest.`,
  };
  return draw(words, frame, densityMarks(map, frame, 1), 520);
}

/** Squares, busiest first, that hold half of the check-ins drawn. */
function squaresOfHalf({ squares }: PlaceMap): number {
  const sorted = squares.map(({ checkIns }) => checkIns).sort((a, b) => b - a);
  const half = sorted.reduce((sum, checkIns) => sum + checkIns, 0) / 2;
  let held = 0;
  let needed = 0;
  while (held < half) held += sorted[needed++]!;
  return needed;
}

/** One test user: the past, what is recommended, and where they went. */
export function exampleMap(map: PlaceMap, example: PlaceMap["examples"][number]): Html {
  const project = projection(map);
  const past = example.history.map((place) => ({ ...project(place), inTrip: place.inTrip }));
  const recommended = example.recommended.map(project);
  const truth = project(example.truth);
  const frame = framed(boxOf([...past, ...recommended, truth]));
  const labels = apart(recommended, ((frame.east - frame.west) / CHART_WIDTH) * LABEL_PX);
  const at = { x: "x", y: "y" };
  const words = { label: "Map of one test user", description: exampleWords(example) };
  return draw(words, frame, [
    ...densityMarks(map, frame, GROUND),
    Plot.line(
      past.filter(({ inTrip }) => inTrip),
      { ...at, stroke: "var(--ink)", strokeWidth: 1, strokeDasharray: "3 3" },
    ),
    Plot.dot(visitsOf(past), { ...at, r: "radius", fill: "var(--c7)", stroke: "var(--paper)", strokeWidth: 0.7 }),
    Plot.dot(labels, { ...at, r: 7, fill: "var(--c1)", stroke: "var(--paper)" }),
    Plot.text(labels, { ...at, text: "rank", fill: "var(--paper)", fontWeight: "bold", fontSize: 10 }),
    Plot.dot(past.slice(-1), { ...at, symbol: "square", r: 10, stroke: "var(--ink)", strokeWidth: 2 }),
    Plot.dot([truth], { ...at, r: 12, stroke: "var(--c2)", strokeWidth: 3 }),
  ]);
}

/** Ranked marks, those that would cover an earlier one moved east until they do not. */
function apart(spots: readonly Spot[], needed: number): (Spot & { rank: string })[] {
  const placed: (Spot & { rank: string })[] = [];
  for (const [i, { x, y }] of spots.entries()) {
    let free = x;
    const covers = (other: Spot): boolean => Math.hypot(other.x - free, other.y - y) < needed * 0.99;
    while (placed.some(covers)) free += needed;
    placed.push({ x: free, y, rank: String(i + 1) });
  }
  return placed;
}

function exampleWords({ history, checkIns, recommended, truth, rank }: PlaceMap["examples"][number]): string {
  const list = recommended.map(({ name }, i) => `${i + 1} ${name}`).join(", ");
  const last = history.at(-1)?.name ?? "an unknown place";
  const place = rank === null ? "which was not ranked" : `ranked ${rank}`;
  return `After ${count(checkIns)} check-ins, the last at ${last}, recommended: ${list || "nothing"}. The user went to ${truth.name}, ${place}.`;
}

/** Each place of the past once, with a radius in px that grows with its visits. */
function visitsOf(past: readonly Spot[]): (Spot & { radius: number })[] {
  const visits = new Map<string, number>();
  for (const { x, y } of past) visits.set(`${x} ${y}`, (visits.get(`${x} ${y}`) ?? 0) + 1);
  return [...visits].map(([key, times]) => {
    const [x, y] = key.split(" ").map(Number) as [number, number];
    return { x, y, radius: 2 + Math.sqrt(times) };
  });
}

/** Squares in the frame, one mark a shade: the shade is said once for all of them. */
function densityMarks(map: PlaceMap, frame: Frame, strength: number): Plot.Markish[] {
  const limits = shadeLimits(map);
  const side = map.squareKm;
  const corner = (square: PlaceMap["squares"][number]): Spot => ({ x: square.column * side, y: square.row * side });
  const inFrame = map.squares.filter((square) => {
    const { x, y } = corner(square);
    return x + side > frame.west && x < frame.east && y + side > frame.south && y < frame.north;
  });
  return limits.map((limit, shade) => {
    const own = inFrame.filter(({ checkIns }) => limits.findIndex((upper) => checkIns <= upper) === shade);
    return Plot.rect(own.map(corner), {
      x1: ({ x }: Spot) => Math.max(x, frame.west),
      x2: ({ x }: Spot) => Math.min(x + side, frame.east),
      y1: ({ y }: Spot) => Math.max(y, frame.south),
      y2: ({ y }: Spot) => Math.min(y + side, frame.north),
      fill: "var(--c0)",
      fillOpacity: SHADES[shade + SHADES.length - limits.length]! * strength,
      ariaLabel: `at most ${limit} check-ins`,
    });
  });
}

function draw(words: Parameters<typeof plotSvg>[0], frame: Frame, marks: Plot.Markish[], width = CHART_WIDTH): Html {
  const [wide, high] = [frame.east - frame.west, frame.north - frame.south];
  const barKm = niceLength(wide / 4);
  const [x, y] = [frame.west + wide * 0.04, frame.south + high * 0.05];
  return plotSvg(words, {
    width,
    height: Math.round((width * high) / wide),
    margin: 1,
    r: { type: "identity" },
    x: { domain: [frame.west, frame.east], axis: null },
    y: { domain: [frame.south, frame.north], axis: null },
    marks: [
      Plot.frame({ fill: "var(--band)", stroke: "var(--line)" }),
      ...marks,
      Plot.ruleY([y], { x1: x, x2: x + barKm, stroke: "var(--ink)", strokeWidth: 3 }),
      Plot.text([{ x: x + barKm / 2, y }], {
        x: "x",
        y: "y",
        text: [kilometres(barKm)],
        dy: -9,
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 3,
      }),
    ],
  });
}

function boxOf(spots: readonly Spot[]): Frame {
  const [xs, ys] = [spots.map(({ x }) => x), spots.map(({ y }) => y)];
  const box = { west: minOf(xs), east: maxOf(xs), south: minOf(ys), north: maxOf(ys) };
  const pad = Math.max(SMALLEST_KM / 2, PADDING * Math.max(box.east - box.west, box.north - box.south));
  return { west: box.west - pad, east: box.east + pad, south: box.south - pad, north: box.north + pad };
}

/** Widens the shorter side, so that a kilometre is as long both ways and no map is a ribbon. */
function framed({ west, east, south, north }: Frame): Frame {
  const [wide, high] = [Math.max(east - west, 1e-3), Math.max(north - south, 1e-3)];
  const addWide = Math.max(0, high / TALLEST - wide) / 2;
  const addHigh = Math.max(0, wide * FLATTEST - high) / 2;
  return { west: west - addWide, east: east + addWide, south: south - addHigh, north: north + addHigh };
}

/** The largest of 1, 2 and 5 times a power of ten that is not above `most`. */
function niceLength(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= most) ?? power;
}

/** A length in m or km, short. */
export function kilometres(km: number): string {
  return km < 1 ? `${Math.round(km * 1000)} m` : `${Number(km.toPrecision(3))} km`;
}
