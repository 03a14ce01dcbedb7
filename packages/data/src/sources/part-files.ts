import { PARTS } from "@sequitur/core";

type Part = (typeof PARTS)[number];

/** Files of one table by the part of a split that each holds. */
export type PartFiles = Readonly<Record<Part, readonly string[]>>;

const WORDS: Readonly<Record<Part, ReadonlySet<string>>> = {
  train: new Set(["train", "training", "tr", "fit"]),
  validation: new Set(["validation", "valid", "val", "dev", "development", "vd", "eval"]),
  test: new Set(["test", "testing", "tst", "te", "heldout"]),
};

/** The part that a text names, such as `train`, `Valid` or `dev`; undefined for another. */
export function partNamed(text: string): Part | undefined {
  const word = text.trim().toLowerCase();
  return PARTS.find((part) => WORDS[part].has(word));
}

/**
 * The files of each part by their names below the folder: `train.csv`, `ml-100k.valid.inter`, `MINDsmall_dev/behaviors.tsv`.
 * Files that name no part are left out; undefined unless some are of training and some of the test.
 */
export function partFiles(folder: string, files: readonly string[]): PartFiles | undefined {
  const parts: Record<Part, string[]> = { train: [], validation: [], test: [] };
  for (const file of files) {
    const part = partOfPath(file.slice(folder.length));
    if (part !== undefined) parts[part].push(file);
  }
  return parts.train.length > 0 && parts.test.length > 0 ? parts : undefined;
}

/** The last word of a path that names a part counts: `train/part-0.csv`, `split-test.tsv`. */
function partOfPath(path: string): Part | undefined {
  const words = path.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/);
  return words.map(partNamed).findLast((part) => part !== undefined);
}
