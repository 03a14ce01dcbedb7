import { PlatformError } from "@sequitur/core";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/**
 * The vectors of the words that are asked for, out of a file in GloVe's text format: a word and `width` numbers a line,
 * separated by spaces. A first line of two counts, as word2vec writes it, is skipped. `not-found` without the file;
 * `bad-data` names the line that is wrong.
 */
export async function readWordVectors(
  path: string,
  width: number,
  asked: ReadonlySet<string>,
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  let number = 0;
  const file = createReadStream(path, "utf8");
  try {
    for await (const line of createInterface({ input: file, crlfDelay: Infinity })) {
      number += 1;
      if (line === "" || (number === 1 && /^\d+ \d+$/.test(line))) continue;
      const fields = line.trimEnd().split(" ");
      if (fields.length !== width + 1) {
        throw new PlatformError(
          "bad-data",
          `${path}, line ${number}: expected a word and ${width} numbers (textWidth), got ${fields.length - 1} after the word.`,
        );
      }
      if (asked.has(fields[0]!)) found.set(fields[0]!, vectorOf(fields, `${path}, line ${number}`));
    }
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    throw new PlatformError("not-found", `no word vectors can be read at ${path}: ${(cause as Error).message}.`, {
      cause,
    });
  } finally {
    file.destroy();
  }
  return found;
}

function vectorOf([, ...fields]: readonly string[], where: string): Float32Array {
  const vector = Float32Array.from(fields, Number);
  const wrong = vector.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new PlatformError("bad-data", `${where}: expected a finite number, got "${fields[wrong]}".`);
  return vector;
}

/** Scales vectors by one factor so that their mean length is 1, as the rows of a new table are. */
export function scaledToUnit(vectors: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  const lengths = Array.from(vectors.values(), (vector) =>
    Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)),
  );
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  return new Map(
    Array.from(vectors, ([word, vector]) => [word, mean > 0 ? vector.map((value) => value / mean) : vector]),
  );
}
