import type { AttributeValue } from "@sequitur/core";

/** Numbers of at most so many values are labels themselves. */
const FEW_VALUES = 6;
const BANDS = 4;

/**
 * Each entry's label for a breakdown: texts and booleans stand for themselves, as do numbers of few distinct values; other
 * numbers fall into four bands of about equal size, cut at quantiles and named by their range, such as "3 to 12". Unknown
 * is "".
 */
export function attributeLabels(values: readonly (AttributeValue | null)[]): readonly string[] {
  const numbers = values.filter((value): value is number => typeof value === "number");
  const distinct = new Set(numbers);
  const isPlain = distinct.size <= FEW_VALUES || numbers.length < values.filter((value) => value !== null).length;
  if (isPlain) return values.map((value) => (value === null ? "" : String(value)));
  const bands = bandsOf(Float64Array.from(numbers).sort());
  return values.map((value) => (value === null ? "" : bands.find(({ most }) => Number(value) <= most)!.name));
}

function bandsOf(sorted: Float64Array): { readonly most: number; readonly name: string }[] {
  const edges = [
    ...new Set(Array.from({ length: BANDS }, (_, g) => sorted[Math.ceil(((g + 1) * sorted.length) / BANDS) - 1]!)),
  ];
  return edges.map((most, i) => {
    const least = i === 0 ? sorted[0]! : sorted.find((value) => value > edges[i - 1]!)!;
    return { most, name: least === most ? `${most}` : `${least} to ${most}` };
  });
}
