import { brief, count, percent } from "@sequitur/workbench";

type Show = (value: unknown) => string;

const spread: Show = (value) => {
  if (!isSpread(value)) return plain(value);
  return `${count(value.min)} to ${count(value.max)}, median ${brief(value.median)}`;
};
const share: Show = (value) => (typeof value === "number" ? shareText(value) : plain(value));
const instant: Show = (value) => (Number.isFinite(value) ? dateText(value as number) : "–");

/** How the fields of the statistics of a data set are called and shown; others are shown as they are. */
const FIELDS: Readonly<Record<string, readonly [name: string, show: Show]>> = {
  users: ["users", plain],
  items: ["items", plain],
  interactions: ["interactions", plain],
  density: ["density", share],
  perUser: ["interactions per user", spread],
  perItem: ["interactions per item", spread],
  firstTime: ["first", instant],
  lastTime: ["last", instant],
  duplicates: ["exact duplicates", plain],
  repeatedShare: ["returns to a known item", share],
  popularityGini: ["Gini of item popularity", (value) => (typeof value === "number" ? brief(value) : plain(value))],
  titled: ["items with a title", plain],
  categorised: ["items with a category", plain],
  categories: ["categories", plain],
};

/** The statistics of a data set as named texts for people, in their own order. */
export function statWords(stats: Readonly<Record<string, unknown>>): [name: string, value: string][] {
  return Object.entries(stats).map(([key, value]) => {
    const [name, show] = Object.hasOwn(FIELDS, key) ? FIELDS[key]! : [key, plain];
    return [name, show(value)];
  });
}

function plain(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? count(value) : brief(value);
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "–" : JSON.stringify(value);
}

function isSpread(value: unknown): value is { min: number; median: number; max: number } {
  const { min, median, max } = (value ?? {}) as Record<string, unknown>;
  return [min, median, max].every((number) => typeof number === "number");
}

function shareText(value: number): string {
  return value > 0 && value < 0.001 ? `${brief(value * 100)}%` : percent(value);
}

function dateText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "–" : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
