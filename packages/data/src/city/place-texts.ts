import type { Random } from "@sequitur/core";
import type { Category } from "./categories.js";

/** The style traits of a place, each in [-1, 1], with a word for either end; the order is that of every trait array. */
export const TRAITS = [
  { name: "lively", low: "quiet", high: "lively" },
  { name: "modern", low: "traditional", high: "modern" },
  { name: "upscale", low: "affordable", high: "upscale" },
  { name: "family", low: "adult", high: "family-friendly" },
  { name: "outdoor", low: "indoor", high: "open-air" },
  { name: "cosmopolitan", low: "local", high: "cosmopolitan" },
] as const;
export const OUTDOOR_TRAIT = 4;

const NAMES = `
  Ambra Boreal Calder Dorsa Elmira Fenwick Galeno Hollis Isola Juniper Kestrel Lumen Marlow Nadir
  Osteria Pelham Quillon Rosmar Sabine Tamsin Umbra Verano Wilder Xenia Yarrow Zephyr Anselm Brisa
  Corvin Delphi Ember Fjord Grove
`
  .trim()
  .split(/\s+/);
const OPENERS = ["", "", "", "Old ", "Little ", "Blue ", "Golden ", "Upper ", "Three ", "Silver "];

/** What a text is built from. `character` is the kind of neighbourhood, such as "old town". */
export interface PlaceFacts {
  readonly category: Category;
  readonly neighbourhood: string;
  readonly character: string;
  /** (traits) in [-1, 1]. */
  readonly traits: ArrayLike<number>;
  readonly openingHours: string;
  /** The month it opened, such as "March 2023"; absent when it was always there. */
  readonly opened?: string | undefined;
}

/** A name such as "Little Juniper Coffee Shop". */
export function placeTitle(category: Category, random: Random): string {
  const opener = OPENERS[random.integer(OPENERS.length)]!;
  return `${opener}${NAMES[random.integer(NAMES.length)]!} ${category.name}`;
}

/** Two to four sentences that say the place's attributes in words, so that a model can learn a place from its text. */
export function placeDescription(facts: PlaceFacts, random: Random): string {
  const { category, neighbourhood, character, traits, openingHours, opened } = facts;
  const strong = TRAITS.flatMap(({ low, high }, i) => {
    const value = traits[i]!;
    if (Math.abs(value) < 0.25) return [];
    return `${Math.abs(value) > 0.75 ? "very " : ""}${value < 0 ? low : high}`;
  });
  const style = strong.length > 0 ? strong.join(", ") : "unassuming";
  const features = random
    .shuffle([...category.features])
    .slice(0, 2)
    .join(" and ");
  const sentences = [
    `${/^[aeiou]/.test(style) ? "An" : "A"} ${style} ${category.name} at ${neighbourhood} (${character}).`,
    `Known for ${features}.`,
    hoursSentence(openingHours),
    opened === undefined ? "" : `Opened in ${opened}.`,
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function hoursSentence(hours: string): string {
  if (hours === "24/7") return "Open day and night.";
  const month = /^([A-Z][a-z]{2})(?:[-,]([A-Z][a-z]{2}))?/.exec(hours);
  const seasonal = month !== null && !/^[A-Z][a-z] |^[A-Z][a-z][-,]/.test(hours);
  if (seasonal) return month[2] === undefined ? `Open only in ${month[1]}.` : `Open from ${month[1]} to ${month[2]}.`;
  if (/-(?:0[1-6]):/.test(hours)) return "Open until late at night.";
  if (!/Su/.test(hours) && /Sa|Fr/.test(hours)) return "Closed on Sundays.";
  return "";
}
