/**
 * (V) a length for the vector of each piece, by how much it tells: ln(1 + texts / texts with it), an inverse document
 * frequency (Sparck Jones 1972) over the texts that are not empty, scaled to a mean square of 1 over all pieces of the texts. A mean of such vectors is
 * led by rare words, not by "for" and "with".
 */
export function tellingLengths(texts: readonly Int32Array[], vocabulary: number): Float32Array {
  const holders = new Int32Array(vocabulary);
  for (const text of texts) for (const piece of new Set(text)) holders[piece]! += 1;
  const all = texts.filter(({ length }) => length > 0).length;
  const lengths = Float32Array.from(holders, (count) => Math.log(1 + all / Math.max(1, count)));
  let [squares, pieces] = [0, 0];
  for (const text of texts) {
    for (const piece of text) squares += lengths[piece]! ** 2;
    pieces += text.length;
  }
  const scale = pieces === 0 ? 1 : Math.sqrt(pieces / squares);
  return lengths.map((length) => length * scale);
}
