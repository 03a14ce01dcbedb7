/**
 * The name that a misspelt one most likely meant: the one that needs the fewest single-letter edits, if at most half of
 * its letters; ties to the first. Case is ignored, blanks and underscores count as hyphens.
 */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const wanted = plain(typed);
  let best: string | undefined;
  let fewest = Infinity;
  for (const name of names) {
    const edits = editDistance(wanted, plain(name));
    if (edits < fewest && edits <= name.length / 2) {
      best = name;
      fewest = edits;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_]+/g, "-");
}

/** Insertions, deletions and replacements that turn one text into the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
